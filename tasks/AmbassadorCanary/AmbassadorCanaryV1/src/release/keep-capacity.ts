import { Duration } from './duration.ts';
import { hasCode, sentencesOf } from './errors.ts';
import { identityOf, nameOf, type ObjectRef, valueAt } from './kube-object.ts';
import type { CapacityHold } from './plan.ts';
import type { Clock, Cluster } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Removal } from './remove.ts';

/**
 * Raises the minimum of each autoscaler of stable, under its resourceVersion, and notes what it was before it is written (DESIGN
 * promise 2). One that somebody has raised or deleted since the plan was made needs nothing.
 */
export async function raiseCapacity(context: ReleaseContext): Promise<void> {
  // One after the other, for each may have to correct the record.
  for (const hold of context.plan.capacity) await raise(context, hold);
}

async function raise(context: ReleaseContext, hold: CapacityHold): Promise<void> {
  const { cluster } = context.ports;
  const { autoscaler, field, raised } = hold;
  for (let attempt = 1; ; attempt++) {
    const live = await context.while(cluster.get(autoscaler));
    const now = numberAt(live, field);
    if (live === undefined || (now !== undefined && now >= raised)) return noteInstead(context, autoscaler);
    const noted = context.record.capacity?.find(one => identityOf(one.autoscaler) === identityOf(autoscaler));
    if (noted === undefined || noted.raised !== raised || noted.was !== now) {
      await noteInstead(context, autoscaler, {
        autoscaler,
        field,
        raised,
        ...(now !== undefined && { was: now }),
      });
    }
    try {
      await context.while(
        cluster.patch(autoscaler, [
          { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
          { op: 'add', path: `/spec/${field}`, value: raised },
        ]),
      );
      context.tell({ type: 'applied', object: autoscaler, note: `${field} ${raised} during the release` });
      return;
    } catch (thrown) {
      // The autoscaler writes its status all the time.
      const moved = hasCode(thrown, 'CLUSTER_CONFLICT');
      if (!moved || attempt === 5) throw thrown;
    }
  }
}

/** Takes this autoscaler out of the record, or notes there what has become of it. */
export async function noteInstead(
  context: ReleaseContext,
  autoscaler: ObjectRef,
  instead?: CapacityHold,
): Promise<void> {
  const others = (context.record.capacity ?? []).filter(
    hold => nameOf(hold.autoscaler) !== nameOf(autoscaler),
  );
  await context.note({ capacity: instead === undefined ? others : [...others, instead] });
}

/** How long an autoscaler may take to see that stable is busy again: two samples of its metrics, and a round of its own. */
const seenBusy = Duration.seconds(45);

export interface BusyWait extends Pick<Removal, 'tell'> {
  readonly clock: Clock;
  /** When stable got all requests again. */
  readonly since: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Waits until the autoscalers can have seen that stable is busy again: what they saw so far is a stable without its users, and they would
 * shrink it at once.
 */
export async function untilSeenBusy(
  { clock, tell, since, signal }: BusyWait,
  holds: readonly CapacityHold[] = [],
): Promise<void> {
  const rest = since + seenBusy.milliseconds - clock.now();
  if (holds.length === 0 || rest <= 0) return;
  const left = Duration.milliseconds(rest);
  tell({ type: 'waiting', what: `up to ${left} until autoscalers have seen that stable is busy again` });
  await clock.sleep(left, signal);
}

/**
 * Makes the minimum of each what it was, unless somebody has changed it since we did. Resolves to the sentences about what had to be
 * left. Never rejects.
 */
export async function restoreCapacity(
  { cluster, tell }: Pick<Removal, 'cluster' | 'tell'>,
  holds: readonly CapacityHold[] = [],
): Promise<readonly string[]> {
  const leftovers = await Promise.all(
    holds.map(async hold => {
      const { autoscaler, field, raised, was } = hold;
      const path = `/spec/${field}`;
      try {
        await cluster.patch(autoscaler, [
          { op: 'test', path, value: raised },
          was === undefined ? { op: 'remove', path } : { op: 'replace', path, value: was },
        ]);
        tell({ type: 'applied', object: autoscaler, note: `${field} ${was ?? 'absent'} again` });
        return undefined;
      } catch (thrown) {
        return unlessChanged(hold, thrown, { cluster, tell });
      }
    }),
  );
  return leftovers.filter(leftover => leftover !== undefined);
}

/** Also a crash before it was raised leaves another minimum than ours. */
async function unlessChanged(
  { autoscaler, field, raised, was }: CapacityHold,
  thrown: unknown,
  { cluster, tell }: { readonly cluster: Cluster; readonly tell: Removal['tell'] },
): Promise<string | undefined> {
  try {
    const live = await cluster.get(autoscaler);
    const now = numberAt(live, field);
    if (live === undefined || now === was) return undefined;
    if (now !== raised) {
      const text = `${nameOf(autoscaler)} was changed during the release and keeps its ${field} of ${now ?? 'none'}; before, it was ${was ?? 'none'}`;
      tell({ type: 'warning', text });
      return undefined;
    }
  } catch {
    // What kept us from writing tells more than what keeps us from reading.
  }
  return `${nameOf(autoscaler)} still has ${field} ${raised} instead of ${was ?? 'none'}: ${sentencesOf(thrown)}`;
}

function numberAt(object: unknown, field: CapacityHold['field']): number | undefined {
  const value = valueAt(object, 'spec', field);
  return typeof value === 'number' ? value : undefined;
}
