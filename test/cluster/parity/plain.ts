import { isObject, type JsonObject } from '../../../sandbox/objects.ts';

/**
 * Answers without what is never the same twice. Uids and resource versions become numbers in the order of their first
 * appearance, so that whether a write moved the version, and whether an object is the same one, is still seen.
 */
export class Plain {
  readonly #uids = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  of(value: unknown): unknown {
    return this.#plain(value, '');
  }

  #plain(value: unknown, field: string): unknown {
    if (typeof value === 'string') return this.#text(value, field);
    if (Array.isArray(value)) return this.#list(value, field);
    if (!isObject(value)) return value;
    if (value.type === 'BOOKMARK') return this.#fields({ ...value, object: unversioned(value.object) });
    const isList = typeof value.kind === 'string' && value.kind.endsWith('List');
    return this.#fields(isList ? unversioned(value) : value);
  }

  #fields(object: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(object).map(([field, item]) => [field, this.#plain(item, field)]),
    );
  }

  /** Lists whose order says nothing become maps. */
  #list(items: readonly unknown[], field: string): unknown {
    const key = keys[field];
    if (key === undefined) return items.map(item => this.#plain(item, ''));
    const plain = items.map(item => this.#plain(item, ''));
    return Object.fromEntries(plain.map(item => [key(item as JsonObject), item]));
  }

  #text(text: string, field: string): string {
    if (field === 'uid') return numbered(this.#uids, text, 'uid');
    if (field === 'resourceVersion' && /^\d+$/.test(text)) return numbered(this.#versions, text, 'version');
    if (field === 'continue' && text !== '') return 'a token';
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return 'a time';
    if (/^10\.96\.\d+\.\d+$/.test(text)) return 'an address';
    return text
      .replace(/(continue|resourceVersion)=[^&]*/g, '$1=…')
      .replace(/ReplicaSet "([a-z-]+)-[a-z0-9]+"/, 'ReplicaSet "$1-hash"')
      .replace(/Invalid value: "\{.*\}": /, 'Invalid value: "{…}": ')
      .replace(/(too old resource version: \d+) \(\d+\)/, '$1 (…)')
      .replace(/127\.0\.0\.1:\d+/, 'here')
      .replace(/\(([\w-]+)\)|: ([\w-]+)(?=,|$)/g, (all, bracketed, listed) => {
        const known = this.#uids.get(bracketed ?? listed) ?? this.#versions.get(bracketed ?? listed);
        return known === undefined ? all : known;
      });
  }
}

/** A list and a bookmark carry the version of the whole store, which others move as well. */
function unversioned(value: unknown): JsonObject {
  const { metadata, ...rest } = isObject(value) ? value : {};
  return isObject(metadata) ? { ...rest, metadata: { ...metadata, resourceVersion: 'a version' } } : rest;
}

function numbered(known: Map<string, string>, text: string, what: string): string {
  const number = known.get(text) ?? `${what} ${known.size + 1}`;
  known.set(text, number);
  return number;
}

const keys: Readonly<Record<string, (item: JsonObject) => string>> = {
  managedFields: ({ manager, operation, subresource }) =>
    [manager, operation, subresource].filter(Boolean).join(' '),
  causes: ({ field, message }) => `${field} ${message}`,
  conditions: ({ type }) => String(type),
  resources: ({ name }) => String(name),
  groups: ({ name }) => String(name),
  versions: item => String(isObject(item) ? item.version : item),
};
