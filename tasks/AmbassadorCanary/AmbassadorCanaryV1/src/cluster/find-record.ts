import type { KubeObject } from '../release/kube-object.ts';
import { isSameRelease } from '../release/merge-records.ts';
import type { Cluster } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { leaseRef, readLease } from './lease.ts';
import { placeKey } from './lease-words.ts';
import type { RecordPointer } from './read-pointer.ts';

/** A record, and the Lease that carries it. */
export interface FoundRecord {
  readonly place: LeaseName;
  readonly record: ReleaseRecord;
}

/** Whoever took a release over may have moved its record, and so may who took it over from that one: nobody does so more often. */
const mostMoves = 5;

/**
 * The record that a pointer leads to. `undefined` where it is gone, or where a Lease on the way is of another release by now: then
 * whoever took that one over has dealt with what was left, and nothing is known here.
 */
export async function followPointer(
  pointer: RecordPointer,
  cluster: Pick<Cluster, 'get'>,
): Promise<FoundRecord | undefined> {
  let next: RecordPointer | undefined = pointer;
  for (let moves = 0; next !== undefined && moves <= mostMoves; moves++) {
    const { namespace, name }: RecordPointer = next;
    const lease: KubeObject | undefined = await cluster.get(leaseRef({ namespace, name }));
    const state = lease === undefined ? undefined : readLease(lease);
    if (state === undefined || !state.isOurs) return undefined;
    const { record } = state;
    if (record !== undefined) {
      return isSameRelease(record, pointer) ? { place: { namespace, name }, record } : undefined;
    }
    next = state.pointer !== undefined && isSameRelease(state.pointer, pointer) ? state.pointer : undefined;
  }
  return undefined;
}

/** The records that these Leases carry or lead to, each once, whoever holds them. */
export async function recordsIn(
  leases: readonly LeaseName[],
  cluster: Pick<Cluster, 'get'>,
): Promise<readonly ReleaseRecord[]> {
  const found = await Promise.all(
    leases.map(async place => {
      const lease = await cluster.get(leaseRef(place));
      return { place, ...(lease !== undefined && readLease(lease)) };
    }),
  );
  const looked = new Set(leases.map(placeKey));
  const leadsOn = found.flatMap(({ pointer }) =>
    pointer === undefined || looked.has(placeKey(pointer)) ? [] : [pointer],
  );
  const pointers = new Map(
    leadsOn.map(pointer => [`${placeKey(pointer)} ${pointer.startedAt} ${pointer.release}`, pointer]),
  );
  const followed = await Promise.all([...pointers.values()].map(pointer => followPointer(pointer, cluster)));
  const all = new Map<string, ReleaseRecord>();
  for (const { place, record } of [...found, ...followed.filter(one => one !== undefined)]) {
    if (record !== undefined) all.set(placeKey(place), record);
  }
  return [...all.values()];
}
