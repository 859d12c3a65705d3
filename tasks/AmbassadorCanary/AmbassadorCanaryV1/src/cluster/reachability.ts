import { valueAt } from '../release/kube-object.ts';
import { refused } from './api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import type { Transport } from './transport.ts';

/** What the API server says of itself. */
export interface ServerVersion {
  /** `v1.35.4`, `v1.31.2-gke.1`. */
  readonly version: string;
  /** `https://host:port`. */
  readonly server: string;
}

/**
 * The first question to a cluster: is it there, is it trusted, does it take the credentials? Costs one request. Rejects with
 * `CLUSTER_UNREACHABLE`, `CLUSTER_FORBIDDEN` or `CONNECTION_INVALID` (a login program), each saying what to correct.
 */
export async function serverVersion(transport: Transport): Promise<ServerVersion> {
  const request: ApiRequest = { verb: 'get', what: "the API server's version", path: '/version' };
  const answer = await transport.send(request);
  const version = valueAt(answer.body, 'gitVersion');
  if (answer.status !== 200 || typeof version !== 'string') throw refused(request, answer);
  return { version, server: transport.server };
}
