import { asRecord, type KubeObject } from '../release/kube-object.ts';
import type { Path } from './read-document.ts';
import { unreplacedTokens } from './read-tokens.ts';

/** Something wrong with an object, at a way from the root of its document. */
export interface ObjectFlaw {
  readonly path: Path;
  readonly reason: string;
  readonly hint?: string;
}

/** One object of a document, which is most often the document itself. */
export type ReadObject =
  | { readonly kind: 'object'; readonly object: KubeObject; readonly path: Path }
  | { readonly kind: 'flawed'; readonly flaws: readonly ObjectFlaw[] };

/**
 * The objects of a document: itself, or the items of a List, and of a List in it. An item of a typed list (`DeploymentList`) that has
 * neither apiVersion nor kind gets the list's, as with kubectl. An empty document has none.
 */
export function* objectsOf(value: unknown, path: Path = []): Generator<ReadObject> {
  if (value === null) return;
  const record = asRecord(value);
  if (record === undefined) {
    yield flawed(path, `a manifest must be a mapping, not ${typeName(value)}`);
  } else if (record.kind === 'List' && !Array.isArray(record.items ?? [])) {
    yield flawed([...path, 'items'], `the items of a List must be a list, not ${typeName(record.items)}`);
  } else if (isList(record)) {
    const items = Array.isArray(record.items) ? record.items : [];
    for (const [index, item] of items.entries()) {
      const at = [...path, 'items', index];
      if (item === null) yield flawed(at, 'an item of a List is empty');
      yield* objectsOf(typed(item, record), at);
    }
  } else {
    yield checked(record, path);
  }
}

function isList(record: Readonly<Record<string, unknown>>): boolean {
  const { kind, items } = record;
  return kind === 'List' || (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items));
}

function typed(item: unknown, { apiVersion, kind }: Readonly<Record<string, unknown>>): unknown {
  const record = asRecord(item);
  const untyped = record !== undefined && record.kind === undefined && record.apiVersion === undefined;
  if (!untyped || typeof kind !== 'string' || kind === 'List') return item;
  return { apiVersion, kind: kind.slice(0, -'List'.length), ...record };
}

function checked(record: Readonly<Record<string, unknown>>, path: Path): ReadObject {
  const metadata = asRecord(record.metadata);
  const flaws = [
    textFlaw(record.apiVersion, ['apiVersion']),
    textFlaw(record.kind, ['kind']),
    metadata === undefined && record.metadata != null
      ? { path: ['metadata'], reason: `metadata must be a mapping, not ${typeName(record.metadata)}` }
      : nameFlaw(metadata ?? {}),
    metadata?.namespace == null ? undefined : textFlaw(metadata.namespace, ['metadata', 'namespace'], true),
    ...['labels', 'annotations'].flatMap(field => mapFlaws(metadata?.[field], ['metadata', field])),
  ].filter(flaw => flaw !== undefined);
  if (flaws.length > 0 || metadata === undefined) return { kind: 'flawed', flaws: within(path, flaws) };
  const object = { ...record, metadata: withoutEmpty(metadata) } as unknown as KubeObject;
  const tokens = unreplacedTokens(object).map(token => ({
    path: token.path,
    reason: `the token ${token.token} in ${token.path.join('.')} of ${object.kind} ${object.metadata.name} was not replaced`,
    hint: 'Replace the tokens in a step before this one; Azure Pipelines does not do it in files',
  }));
  return tokens.length > 0
    ? { kind: 'flawed', flaws: within(path, tokens) }
    : { kind: 'object', object, path };
}

/**
 * `namespace:`, `labels:` and `annotations:` without a value, as templates leave them behind, are the same to the API server as none.
 * They are left out, so that nobody takes a null for a name. Everything else stays as it was written.
 */
function withoutEmpty(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (field: string, value: unknown) =>
    (value === null && ['namespace', 'labels', 'annotations'].includes(field)) ||
    (value === '' && field === 'namespace');
  return Object.fromEntries(Object.entries(metadata).filter(([field, value]) => !isEmpty(field, value)));
}

function nameFlaw(metadata: Readonly<Record<string, unknown>>): ObjectFlaw | undefined {
  if (metadata.name == null && metadata.generateName != null) {
    return {
      path: ['metadata', 'generateName'],
      reason: 'an object with generateName has no name yet, so it cannot be applied twice nor taken back',
      hint: 'Give it a metadata.name',
    };
  }
  return textFlaw(metadata.name, ['metadata', 'name']);
}

function textFlaw(value: unknown, path: Path, mayBeEmpty = false): ObjectFlaw | undefined {
  if (typeof value === 'string' && (value !== '' || mayBeEmpty)) return undefined;
  const field = path.join('.');
  if (value === undefined || value === null || value === '') return { path, reason: `${field} is missing` };
  return { path, reason: `${field} must be text, not ${typeName(value)}`, hint: 'Quote it' };
}

function mapFlaws(value: unknown, path: Path): ObjectFlaw[] {
  if (value == null) return [];
  const record = asRecord(value);
  if (record === undefined)
    return [{ path, reason: `${path.join('.')} must be a mapping, not ${typeName(value)}` }];
  return Object.entries(record)
    .filter(([, item]) => typeof item !== 'string' && item !== null)
    .map(([key, item]) => ({
      path: [...path, key],
      reason: `${key} in ${path.join('.')} must be text, not ${typeName(item)}`,
      hint: 'Quote it',
    }));
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return 'text';
  return `the ${typeof value} ${value}`;
}

function flawed(path: Path, reason: string): ReadObject {
  return { kind: 'flawed', flaws: [{ path, reason }] };
}

function within(path: Path, flaws: readonly ObjectFlaw[]): readonly ObjectFlaw[] {
  return flaws.map(flaw => ({ ...flaw, path: [...path, ...flaw.path] }));
}
