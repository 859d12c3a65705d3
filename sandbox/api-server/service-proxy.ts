import type { Answer } from './answer.ts';
import type { ObjectKey, Registry } from './registry.ts';
import { ApiError } from './status.ts';

/** Who listens behind the Services: what one answers to a path with its query, or nothing where nobody is there. */
export type Backend = (service: string, url: URL) => object | undefined;

/** Answers a request for a Service (`name:port`) behind the API server. Where nobody listens it ends as where no pod is ready. */
export function relay(registry: Registry, key: ObjectKey, url: URL, backend?: Backend): Answer {
  const [name = ''] = key.name.split(':');
  registry.get({ ...key, name });
  const body = backend?.(`${key.namespace}/${name}`, url);
  if (body !== undefined) return { code: 200, body };
  throw new ApiError(503, 'ServiceUnavailable', `no endpoints available for service "${key.name}"`);
}
