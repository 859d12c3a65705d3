import type { Phase } from '../release/events.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import type { ReleaseRecord } from '../release/record.ts';

const phases: Readonly<Record<Phase, true>> = {
  starting: true,
  stepping: true,
  promoting: true,
  'rolling-back': true,
};

/** A record as the cluster keeps it; `undefined` for text that is none, so that nobody acts on half of one. */
export function readRecord(text: string): ReleaseRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = asRecord(value);
  const sound =
    record !== undefined &&
    record.version === 1 &&
    record.state === 'running' &&
    typeof record.phase === 'string' &&
    Object.hasOwn(phases, record.phase) &&
    Number.isInteger(record.weight) &&
    typeof record.startedAt === 'string' &&
    typeof record.release === 'string' &&
    typeof valueAt(record, 'run', 'id') === 'string' &&
    typeof valueAt(record, 'run', 'title') === 'string' &&
    ['string', 'undefined'].includes(typeof valueAt(record, 'run', 'url')) &&
    isListOf(record.routes, isRoute) &&
    [record.canary, record.added, record.workloads].every(refs => isListOf(refs, isRef)) &&
    (record.kept === undefined || isListOf(record.kept, isKept)) &&
    isListOf(record.locks, isLeaseName);
  return sound ? (record as unknown as ReleaseRecord) : undefined;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isLeaseName(value: unknown): boolean {
  const { namespace, name } = asRecord(value) ?? {};
  return [namespace, name].every(text => typeof text === 'string' && text !== '');
}

function isRoute(value: unknown): boolean {
  const stable = valueAt(value, 'stable');
  const place = valueAt(stable, 'annotatedOn');
  return (
    isRef(valueAt(value, 'twin')) &&
    (stable === undefined || isRef(stable)) &&
    (place === undefined || isRef(place))
  );
}

function isKept(value: unknown): boolean {
  const copy = valueAt(value, 'copy');
  return isRef(valueAt(value, 'original')) && (copy === undefined || isRef(copy));
}

function isRef(value: unknown): boolean {
  const { apiVersion, kind, name, namespace } = asRecord(value) ?? {};
  return (
    [apiVersion, kind, name].every(text => typeof text === 'string' && text !== '') &&
    ['string', 'undefined'].includes(typeof namespace)
  );
}
