import type { LoadRecord } from '../../../rig/load/load.ts';
import { percentile } from '../../../rig/load/percentile.ts';
import type { WeightLog } from '../weight-log.ts';

/** Why and when traffic had to go: a cancel, a check that failed, or a kill that left it to the guard. */
export interface StopReason {
  readonly kind: 'cancel' | 'rollback' | 'guard';
  readonly at: number;
  /** Stable was being replaced: then the canary keeps its share, on purpose. */
  readonly promoting: boolean;
}

/** How long it took, in milliseconds since the reason. */
export interface StopTime {
  readonly kind: StopReason['kind'];
  /** Until the API server had stored the weight 0. */
  readonly stored: number;
  /** Until the canary got its last request. */
  readonly last: number;
}

/** Absent where the canary had no share, or kept it on purpose. `until` is when the next run began. */
export function stopTime(
  reason: StopReason | undefined,
  weights: WeightLog,
  users: LoadRecord,
  until: number,
): StopTime | undefined {
  if (reason === undefined || reason.promoting) return undefined;
  const { kind, at } = reason;
  const share = weights.changes.findLast(change => change.at <= at)?.weight ?? 0;
  const stop = weights.changes.find(change => change.at > at && (change.weight ?? 0) === 0);
  if (share === 0 || stop === undefined || stop.at > until) return undefined;
  const last = users.last('2.0.0', { to: until })?.intendedAt ?? at;
  return { kind, stored: stop.at - at, last: Math.max(0, Math.round(last - at)) };
}

/** A line a kind: how many there were, and the middle and the longest but one in a hundred of them. */
export function stopTimeLines(times: readonly StopTime[]): string[] {
  const kinds = [...new Set(times.map(({ kind }) => kind))].sort();
  return kinds.map(kind => {
    const of = times.filter(time => time.kind === kind);
    const both = (values: readonly number[]) =>
      `p50 ${percentile(values, 50)} ms, p99 ${percentile(values, 99)} ms`;
    const [stored, last] = [of.map(({ stored }) => stored), of.map(({ last }) => last)];
    return `${kind} (${of.length}): weight 0 stored after ${both(stored)}; last canary request after ${both(last)}`;
  });
}
