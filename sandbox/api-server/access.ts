import type { Call } from './call.ts';
import { ApiError, qualified } from './status.ts';

/** What a request wants to do, as authorization sees it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Somebody who may ask, known by a bearer token. */
export interface User {
  readonly name: string;
  readonly token: string;
  /** Absent: may do everything. */
  readonly may?: (access: Access) => boolean;
}

/** What one asks about one's own permissions. */
export const reviews = { access: 'selfsubjectaccessreviews', rules: 'selfsubjectrulesreviews' } as const;

export function isReview({ resource }: Access): boolean {
  return resource === reviews.access || resource === reviews.rules;
}

const anonymous: User = { name: 'system:anonymous', token: '', may: () => false };

/** What everybody may read, logged in or not (`system:public-info-viewer`). */
const publicPaths = ['/version', '/healthz', '/livez', '/readyz'];

/** The user of a request. One without a token is anonymous, one with a token that nobody has is answered with 401. */
export function authenticate(authorization: string | undefined, users: readonly User[]): User {
  if (authorization === undefined) return anonymous;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const user = users.find(candidate => candidate.token === token);
  if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  return user;
}

/** Refuses (403) what the user may not do. */
export function authorize(user: User, call: Call): void {
  if (call.kind === 'object') {
    // Whoever is logged in may ask what he may do (`system:basic-user`).
    const asksOfItself = user !== anonymous && isReview(call.access);
    if (!asksOfItself && user.may && !user.may(call.access)) throw forbidden(user, call.access);
    return;
  }
  if (user !== anonymous || publicPaths.includes(call.path)) return;
  const message = `forbidden: User "${user.name}" cannot ${call.verb} path "${call.path}"`;
  throw new ApiError(403, 'Forbidden', message, {});
}

function forbidden(user: User, access: Access): ApiError {
  const { verb, group, resource, subresource, namespace, name } = access;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const subject = name
    ? `${qualified({ group, plural: resource, kind: '' })} "${name}"`
    : qualified({ group, plural: resource, kind: '' });
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const message = `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return new ApiError(403, 'Forbidden', message, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  });
}
