import type { Access } from './access.ts';

/** A request's path and method, read: what is asked of which objects, or of the server itself. */
export type Call = ObjectCall | ServerCall;

export interface ObjectCall {
  readonly kind: 'object';
  readonly version: string;
  readonly access: Access;
}

export interface ServerCall {
  readonly kind: 'server';
  readonly verb: string;
  readonly path: string;
}

const verbs: Readonly<Record<string, readonly [ofCollection: string, ofObject: string]>> = {
  GET: ['list', 'get'],
  HEAD: ['list', 'get'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['deletecollection', 'delete'],
};

/** Reads method, path and query as the API server's `RequestInfo` does. */
export function readCall(method: string, url: URL): Call {
  const parts = url.pathname
    .split('/')
    .filter(part => part !== '')
    .map(decodeURIComponent);
  const [root, ...rest] = parts;
  const isCore = root === 'api';
  const [group, version, ...path] = isCore ? ['', ...rest] : rest;
  if ((!isCore && root !== 'apis') || group === undefined || version === undefined || path[0] === undefined) {
    return { kind: 'server', verb: method.toLowerCase(), path: url.pathname };
  }
  // `namespaces/shop` is an object; `namespaces/shop/pods` and what follows it are in that namespace.
  const isScoped =
    path[0] === 'namespaces' && path.length > 2 && path[2] !== 'status' && path[2] !== 'finalize';
  const namespace = isScoped ? path[1] : undefined;
  const [resource = '', name, subresource] = isScoped ? path.slice(2) : path;
  const [ofCollection, ofObject] = verbs[method] ?? [method.toLowerCase(), method.toLowerCase()];
  const isWatch = method === 'GET' && isTrue(url.searchParams.get('watch'));
  const verb = name !== undefined ? ofObject : isWatch ? 'watch' : ofCollection;
  return {
    kind: 'object',
    version,
    access: {
      verb,
      group,
      resource,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
      ...(subresource !== undefined && { subresource }),
    },
  };
}

/** A flag in a query: `?watch`, `?watch=1` and `?watch=true` are the same. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}
