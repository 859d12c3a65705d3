import type { Phase } from '../release/events.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import { failedOutcomes, successfulOutcomes } from '../release/outcome.ts';
import { parseJson } from '../release/parse-json.ts';
import { longestEvidence, type ReleaseRecord, recordStates } from '../release/record.ts';

const phases: Readonly<Record<Phase, true>> = {
  starting: true,
  stepping: true,
  promoting: true,
  'rolling-back': true,
};

/**
 * A record as the cluster keeps it; `undefined` for text that is none, so that nobody acts on half of one. What a release
 * needs only to go on is left out where it is not sound: then nobody goes on, and what is there is still taken back.
 */
export function readRecord(text: string): ReleaseRecord | undefined {
  const record = asRecord(parseJson(text));
  const sound =
    record !== undefined &&
    record.version === 1 &&
    isOneOf(recordStates, record.state) &&
    typeof record.phase === 'string' &&
    Object.hasOwn(phases, record.phase) &&
    Number.isInteger(record.weight) &&
    typeof record.startedAt === 'string' &&
    typeof record.release === 'string' &&
    isRun(record.run) &&
    isListOf(record.routes, isRoute) &&
    [record.canary, record.added, record.workloads].every(refs => isListOf(refs, isRef)) &&
    (record.kept === undefined || isListOf(record.kept, isKept)) &&
    (record.ran === undefined || isListOf(record.ran, isRan)) &&
    (record.capacity === undefined || isListOf(record.capacity, isHold)) &&
    isListOf(record.locks, isLeaseName);
  return sound ? (withSoundProgress(record) as unknown as ReleaseRecord) : undefined;
}

function withSoundProgress(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { digest, trial, step, evidence, unverified, ended, ...rest } = record;
  return {
    ...rest,
    ...(isDigest(digest) && { digest }),
    ...(isDigest(trial) && { trial }),
    ...(isStep(step) && { step }),
    ...(typeof evidence === 'string' && evidence.length <= longestEvidence && { evidence }),
    ...(isListOf(unverified, item => typeof item === 'string') && { unverified }),
    ...(isEnd(ended) && { ended }),
  };
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{16,64}$/.test(value);
}

function isStep(value: unknown): boolean {
  const { index, weight, passed } = asRecord(value) ?? {};
  const whole = [index, weight].every(number => Number.isInteger(number) && Number(number) >= 0);
  return whole && Number(weight) <= 100 && typeof passed === 'boolean';
}

function isEnd(value: unknown): boolean {
  const { outcome, reason } = asRecord(value) ?? {};
  return isOneOf([...successfulOutcomes, ...failedOutcomes], outcome) && typeof reason === 'string';
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

/** Whether this names a run. */
export function isRun(value: unknown): boolean {
  const { id, title, url } = asRecord(value) ?? {};
  return [id, title].every(text => typeof text === 'string') && ['string', 'undefined'].includes(typeof url);
}

/** Whether this names a Lease. */
export function isLeaseName(value: unknown): boolean {
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

function isRan(value: unknown): boolean {
  return isRef(valueAt(value, 'workload')) && typeof valueAt(value, 'digest') === 'string';
}

function isHold(value: unknown): boolean {
  const { autoscaler, field, raised, was } = asRecord(value) ?? {};
  return (
    isRef(autoscaler) &&
    ['minReplicas', 'minReplicaCount'].includes(String(field)) &&
    Number.isInteger(raised) &&
    (was === undefined || Number.isInteger(was))
  );
}

function isRef(value: unknown): boolean {
  const { apiVersion, kind, name, namespace } = asRecord(value) ?? {};
  return (
    [apiVersion, kind, name].every(text => typeof text === 'string' && text !== '') &&
    ['string', 'undefined'].includes(typeof namespace)
  );
}
