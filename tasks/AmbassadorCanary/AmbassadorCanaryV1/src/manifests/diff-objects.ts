import { asRecord, type KubeObject } from '../release/kube-object.ts';
import { isSameJson } from '../release/same-json.ts';
import { lastApplied } from './conceal.ts';
import { essence } from './essence.ts';

/** One place in which two objects differ. A side is absent where the object has nothing there. */
export interface Difference {
  /** `spec.template.spec.containers[app].image` */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Fields by which items of a list are known, the likeliest first (Kubernetes' merge keys). One counts for a list where
 * every item has it and no two items share it.
 */
const mergeKeys = ['name', 'containerPort', 'port', 'mountPath', 'devicePath', 'topologyKey', 'ip', 'key'];

/** What differs between two states of an object, without its status and what the API server notes about it. Pure. */
export function diffObjects(before: KubeObject, after: KubeObject): readonly Difference[] {
  return diff('', comparable(before), comparable(after));
}

function comparable(object: KubeObject): unknown {
  const { metadata, ...rest } = essence(object);
  const { annotations, ...others } = asRecord(metadata) ?? {};
  const { [lastApplied]: _, ...kept } = asRecord(annotations) ?? {};
  return { ...rest, metadata: { ...others, ...(Object.keys(kept).length > 0 && { annotations: kept }) } };
}

function diff(path: string, before: unknown, after: unknown): readonly Difference[] {
  if (isSameJson(before, after)) return [];
  if (isNothing(before) && isNothing(after)) return [];
  const [left, right] = [asRecord(before), asRecord(after)];
  if (left !== undefined && right !== undefined) {
    const fields = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return fields.flatMap(field => diff(childPath(path, field), own(left, field), own(right, field)));
  }
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(path, before, after);
  return [
    { path, ...(!isNothing(before) && { before }), ...(!isNothing(after) && { after }) } satisfies Difference,
  ];
}

/** A field may be called `constructor`. */
function own(record: Readonly<Record<string, unknown>>, field: string): unknown {
  return Object.hasOwn(record, field) ? record[field] : undefined;
}

/** The server keeps some fields as `null` that a manifest leaves out. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function diffLists(path: string, before: readonly unknown[], after: readonly unknown[]) {
  const key = mergeKeys.find(candidate => identifies(candidate, before) && identifies(candidate, after));
  if (key === undefined) {
    if (before.length !== after.length) return [{ path, before, after }];
    return before.flatMap((item, index) => diff(`${path}[${index}]`, item, after[index]));
  }
  const nameOf = (item: unknown) => String(asRecord(item)?.[key]);
  const [left, right] = [before.map(nameOf), after.map(nameOf)];
  const names = [...new Set([...left, ...right])];
  const found = names.flatMap(name =>
    diff(`${path}[${name}]`, before[left.indexOf(name)], after[right.indexOf(name)]),
  );
  // In some lists the order counts: a variable may use those before it.
  const [kept, order] = [
    left.filter(name => right.includes(name)),
    right.filter(name => left.includes(name)),
  ];
  return isSameJson(kept, order)
    ? found
    : [...found, { path: `${path} (order)`, before: kept, after: order }];
}

function identifies(key: string, items: readonly unknown[]): boolean {
  const values = items.map(item => asRecord(item)?.[key]);
  return (
    values.every(value => typeof value === 'string' || typeof value === 'number') &&
    new Set(values.map(String)).size === items.length
  );
}

function childPath(path: string, field: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(field)) return `${path}[${field}]`;
  return path === '' ? field : `${path}.${field}`;
}
