import type { ObjectKey, Registry } from './registry.ts';
import { ApiError } from './status.ts';

/** Answers a request for a Service (`name:port`) behind the API server. No pod listens here, so it ends as where none is ready. */
export function relay(registry: Registry, key: ObjectKey): never {
  const [name = ''] = key.name.split(':');
  registry.get({ ...key, name });
  throw new ApiError(503, 'ServiceUnavailable', `no endpoints available for service "${key.name}"`);
}
