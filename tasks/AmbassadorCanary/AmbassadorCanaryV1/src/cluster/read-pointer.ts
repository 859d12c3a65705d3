import { asRecord, valueAt } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { isLeaseName, isRun } from './read-record.ts';

/**
 * Which Lease carries the record of a release, as its other Leases say it, and which release that has to be: by the time that somebody
 * follows it, that Lease may be another's.
 */
export type RecordPointer = LeaseName & Pick<ReleaseRecord, 'release' | 'startedAt' | 'run'>;

export function pointerTo(
  { namespace, name }: LeaseName,
  { release, startedAt, run }: ReleaseRecord,
): RecordPointer {
  return { namespace, name, release, startedAt, run };
}

/** A pointer as a Lease keeps it; `undefined` for text that is none. */
export function readPointer(text: string): RecordPointer | undefined {
  const value = parseJson(text);
  const [release, startedAt] = [valueAt(value, 'release'), valueAt(value, 'startedAt')];
  const sound =
    isLeaseName(value) &&
    isRun(asRecord(value)?.run) &&
    [release, startedAt].every(text => typeof text === 'string');
  return sound ? (value as RecordPointer) : undefined;
}
