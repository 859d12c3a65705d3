import { mergeLeftovers } from './clear-leftovers.ts';
import { identityOf, type ObjectRef } from './kube-object.ts';
import type { ReleaseRecord } from './record.ts';

/**
 * One record of what several runs left that each held a part of what this release holds: all their objects, and the phase and the
 * state that ask for the most care. Nobody can go on with it, so the digests are gone. `undefined` for none; what is of one release
 * is that as the first says it.
 */
export function mergeRecords(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  const [first, ...rest] = records;
  if (first === undefined) return undefined;
  return rest.reduce((one, other) => (isSameRelease(first, other) ? one : mergeTwo(one, other)), first);
}

/**
 * The record of a run that goes on with what `left` is the record of: how far that got, and all that either of the two may have made. It is
 * under way again, whatever it was kept for.
 */
export function recordGoingOn(left: ReleaseRecord, own: ReleaseRecord): ReleaseRecord {
  const { ended: _, ...rest } = left;
  const { run, locks, digest, trial } = own;
  const kept = union(left.kept ?? [], own.kept ?? [], ({ original }) => identityOf(original));
  return {
    ...mergeLeftovers(rest, own),
    run,
    locks,
    ...(digest !== undefined && { digest }),
    ...(trial !== undefined && { trial }),
    state: 'running',
    added: refsOf(left.added, own.added),
    workloads: refsOf(left.workloads, own.workloads),
    ...(kept.length > 0 && { kept }),
  };
}

/** What a release is known by: also later runs that go on with it keep these. */
type ReleaseKey = Pick<ReleaseRecord, 'release' | 'startedAt'>;

/** Whether two Leases speak of one release. */
export function isSameRelease(one: ReleaseKey, other: ReleaseKey): boolean {
  return one.release === other.release && one.startedAt === other.startedAt;
}

function mergeTwo(one: ReleaseRecord, other: ReleaseRecord): ReleaseRecord {
  const { digest: _, trial: __, step: ___, evidence: ____, unverified: _____, ...rest } = one;
  const minded = one.state === 'running' ? other : one;
  const kept = union(one.kept ?? [], other.kept ?? [], ({ original }) => identityOf(original));
  const capacity = union(one.capacity ?? [], other.capacity ?? [], hold => identityOf(hold.autoscaler));
  return {
    ...mergeLeftovers(rest, other),
    run: minded.run,
    state: minded.state,
    phase: other.phase === 'promoting' ? other.phase : one.phase,
    added: refsOf(one.added, other.added),
    workloads: refsOf(one.workloads, other.workloads),
    ...(kept.length > 0 && { kept }),
    ...(capacity.length > 0 && { capacity }),
  };
}

/** Both lists, and what is in both once. */
export function refsOf(one: readonly ObjectRef[], other: readonly ObjectRef[]): readonly ObjectRef[] {
  return union(one, other, identityOf);
}

function union<T>(one: readonly T[], other: readonly T[], key: (item: T) => string): readonly T[] {
  const known = new Set(one.map(key));
  return [...one, ...other.filter(item => !known.has(key(item)))];
}
