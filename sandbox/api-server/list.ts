import type { KubeObject } from '../objects.ts';
import type { ObjectKey, Registry } from './registry.ts';
import { groupVersion, type Resource } from './resources.ts';
import { type Predicate, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { ApiError, badRequest } from './status.ts';

export type Collection = Omit<ObjectKey, 'name'>;

/** Which objects of a collection a query selects. */
export function selected(query: URLSearchParams, resource: Resource): Predicate {
  const byLabels = parseLabelSelector(query.get('labelSelector') ?? '');
  const byFields = parseFieldSelector(query.get('fieldSelector') ?? '', resource);
  return object => byLabels(object) && byFields(object);
}

/** Answers a list, in pages where the query sets a `limit`; later pages show the state of the first. */
export function list(registry: Registry, collection: Collection, query: URLSearchParams): object {
  const { resource, namespace } = collection;
  const { store } = registry;
  const isSelected = selected(query, resource);
  const limit = readLimit(query.get('limit'));
  const token = query.get('continue');
  const { version, start } = token ? readToken(token) : { version: store.version, start: '' };
  const all =
    version === store.version ? store.list(resource, namespace) : store.listAt(resource, namespace, version);
  if (!all) throw expiredToken();
  const rest = all.filter(object => isSelected(object) && keyOf(object, namespace) >= start);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const remaining = rest.length - page.length;
  const hasSelector = query.has('labelSelector') || query.has('fieldSelector');
  return asList(resource, page, {
    resourceVersion: String(version),
    // The last page of custom resources says that it is.
    ...(resource.custom && { continue: '' }),
    ...(remaining > 0 && last && { continue: writeToken(version, `${keyOf(last, namespace)}\u0000`) }),
    // How many are left is only known where nothing is filtered.
    ...(remaining > 0 && !hasSelector && { remainingItemCount: remaining }),
  });
}

/** A list object. The items of built-in kinds carry no kind of their own. */
export function asList(resource: Resource, objects: readonly KubeObject[], metadata: object): object {
  const items = resource.custom ? objects : objects.map(({ apiVersion: _, kind: __, ...content }) => content);
  return { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata, items };
}

function keyOf({ metadata }: KubeObject, namespace: string | undefined): string {
  return namespace === undefined && metadata.namespace !== undefined
    ? `${metadata.namespace}/${metadata.name}`
    : metadata.name;
}

function readLimit(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function writeToken(version: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: `/${start}` })).toString(
    'base64url',
  );
}

function readToken(token: string): { version: number; start: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as {
      rv: number;
      start: string;
    };
    return { version: Number(rv), start: start.slice(1) };
  } catch {
    throw badRequest('invalid continue token: continue key is not valid');
  }
}

function expiredToken(): ApiError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';
  return new ApiError(410, 'Expired', message);
}
