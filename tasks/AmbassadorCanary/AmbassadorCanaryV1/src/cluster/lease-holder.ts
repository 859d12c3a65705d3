import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { KubeObject } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import type { LeaseName } from '../release/record.ts';
import { within } from '../release/within.ts';
import { type Change, follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { leaseRef, readLease } from './lease.ts';

export interface Patience {
  /** When waiting for a holder that lives ends, in milliseconds of the clock. */
  readonly until: number;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
  /** What it was to be waited for is over, though it may be held. */
  readonly isOver: (lease: KubeObject) => boolean;
}

/**
 * The Lease whose renewals show whether the holder of this one lives: the one that carries the record of its release, where the same
 * holder has it, else this very one.
 */
export async function livingSign(api: KubeApi, place: LeaseName, lease: KubeObject): Promise<LeaseSeen> {
  const { pointer, holder } = readLease(lease);
  if (pointer === undefined) return { place, lease };
  const { namespace, name } = pointer;
  const carrier = await api.get(leaseRef({ namespace, name }));
  return carrier !== undefined && readLease(carrier).holder === holder
    ? { place: { namespace, name }, lease: carrier }
    : { place, lease };
}

export interface LeaseSeen {
  readonly place: LeaseName;
  readonly lease: KubeObject;
}

/**
 * Watches a Lease that somebody else holds until it is free. Resolves to the Lease as its dead holder left it: dead is who
 * was not seen to renew it for its whole duration. Resolves to `undefined` when it is gone. A holder that is seen alive is
 * waited for until the patience ends, then rejects with `LOCKED`; clocks are never compared.
 */
export async function awaitFreeLease(
  api: KubeApi,
  clock: Clock,
  place: LeaseName,
  lease: KubeObject,
  { until, onProgress, signal, isOver }: Patience,
): Promise<KubeObject | undefined> {
  const { name, ...ref } = leaseRef(place);
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  const changes = follow(api, clock, { ...ref, fieldSelector: `metadata.name=${name}` }, stop.signal);
  let latest = lease;
  let quietSince = clock.now();
  let alive = false;
  const { owner, duration } = readLease(lease);
  onProgress(`${name} is locked by ${owner}: looking for up to ${duration} whether that run still lives`);
  try {
    for (;;) {
      if (signal.aborted) throw cancelledWait(name);
      const silence = readLease(latest).duration.milliseconds - (clock.now() - quietSince);
      const left = alive ? Math.min(silence, until - clock.now()) : silence;
      const next = await within(clock, Duration.milliseconds(Math.max(0, left)), changes.next());
      if (signal.aborted) throw cancelledWait(name);
      if (next === undefined || next.done) {
        if (alive && clock.now() >= until) throw locked(place, latest);
        onProgress(
          `${readLease(latest).owner} was not heard of for ${readLease(latest).duration}: taking over ${name}`,
        );
        return latest;
      }
      const found = leaseAfter(next.value, name);
      if (found === undefined || readLease(found).holder === undefined || isOver(found)) return found;
      if (found.metadata.resourceVersion === latest.metadata.resourceVersion) continue;
      latest = found;
      quietSince = clock.now();
      if (clock.now() >= until) throw locked(place, latest);
      if (!alive) {
        const wait = Duration.milliseconds(until - clock.now());
        onProgress(`${readLease(latest).owner} lives: waiting for up to ${wait} for it to end`);
      }
      alive = true;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    stop.abort();
  }
}

function leaseAfter(change: Change, name: string): KubeObject | undefined {
  switch (change.type) {
    case 'listed':
      return change.objects.find(({ metadata }) => metadata.name === name);
    case 'changed':
      return change.object;
    case 'deleted':
      return undefined;
  }
}

function locked(place: LeaseName, lease: KubeObject): CanaryError {
  return new CanaryError(
    'LOCKED',
    `Another release of the same workload is running (lock ${place.namespace}/${place.name})`,
    {
      found: readLease(lease).owner,
      hint: 'Let it end, or cancel it; with lockTimeout this release would wait for it',
    },
  );
}

function cancelledWait(name: string): CanaryError {
  return new CanaryError('CANCELLED', `Cancelled while waiting for the lock ${name}`);
}
