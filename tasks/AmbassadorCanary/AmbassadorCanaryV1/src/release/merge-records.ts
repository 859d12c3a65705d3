import { mergeLeftovers } from './clear-leftovers.ts';
import { identityOf } from './kube-object.ts';
import type { ReleaseRecord } from './record.ts';
import { union } from './union.ts';

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
  return {
    ...mergeObjects(rest, own),
    run,
    locks,
    ...(digest !== undefined && { digest }),
    ...(trial !== undefined && { trial }),
    state: 'running',
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
  const capacity = union(one.capacity ?? [], other.capacity ?? [], hold => identityOf(hold.autoscaler));
  return {
    ...mergeObjects(rest, other),
    run: minded.run,
    state: minded.state,
    phase: other.phase === 'promoting' ? other.phase : one.phase,
    ...(capacity.length > 0 && { capacity }),
  };
}

/** The first record with all objects that either of the two names, and the higher weight. */
function mergeObjects(one: ReleaseRecord, other: ReleaseRecord): ReleaseRecord {
  const kept = union(one.kept ?? [], other.kept ?? [], ({ original }) => identityOf(original));
  return {
    ...mergeLeftovers(one, other),
    added: union(one.added, other.added, identityOf),
    workloads: union(one.workloads, other.workloads, identityOf),
    ...(kept.length > 0 && { kept }),
  };
}
