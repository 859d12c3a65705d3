import { sentencesOf } from './errors.ts';
import { noteInstead, restoreCapacity, untilSeenBusy } from './keep-capacity.ts';
import { identityOf, refOf } from './kube-object.ts';
import { type Earlier, restoreConfiguration, updateConfiguration } from './promote-configuration.ts';
import type { ReleaseContext } from './release-context.ts';
import { removeCanary } from './remove.ts';
import { type Replaced, replaceTemplate, restoreWorkloads } from './replace-template.ts';
import { restoreVersions } from './restore-version.ts';
import { holdsRouteText } from './route-text.ts';
import { seeWeight } from './see-weight.ts';
import { countRequests, drain, settle } from './settle.ts';
import { applyAll, awaitReady, replicasAt, scaleTo, tellWeight } from './start-canary.ts';
import { verifyTested } from './verify-tested.ts';
import { Weight } from './weight.ts';

/** Promotion failed after stable had been touched; stable and its configuration are what they were. */
export class PromotionUndone extends Error {
  override readonly name = 'PromotionUndone';
}

/** Promotion failed, and stable did not get ready at its old template either: users are safe at the canary only. */
export class StableNotRestored extends Error {
  override readonly name = 'StableNotRestored';
}

/**
 * Makes the canary's version the stable one. While stable is being replaced the canary keeps its weight; its traffic goes
 * back only when all of stable's pods are of the new version and ready (DESIGN, "What a release does" 7).
 * Rejects with `PromotionUndone` when stable had to get its old template back, and with `StableNotRestored` when that failed.
 */
export async function replaceStable(context: ReleaseContext): Promise<void> {
  const { plan } = context;
  await context.enter('promoting');
  await carryEverythingWhereStableGoesDown(context);

  const earlier: Earlier[] = [];
  const replaced: Replaced[] = [];
  try {
    await updateConfiguration(context, earlier);
    const results = await Promise.allSettled(
      plan.workloads.map(async workload => {
        await verifyTested(context, workload, await replaceTemplate(context, workload, replaced));
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await awaitReady(
      context,
      plan.workloads.map(({ stable }) => stable),
    );
  } catch (thrown) {
    context.throwIfOver();
    const why = sentencesOf(thrown);
    try {
      await restore(context, earlier, replaced);
    } catch (failure) {
      context.throwIfOver();
      throw new StableNotRestored(`${why}; with its old version again: ${sentencesOf(failure)}`, {
        cause: failure,
      });
    }
    throw new PromotionUndone(why, { cause: thrown });
  }
}

/** Configuration first, so that the pods of the old template read the old one. */
async function restore(
  context: ReleaseContext,
  earlier: readonly Earlier[],
  replaced: readonly Replaced[],
): Promise<void> {
  await restoreConfiguration(context, earlier);
  if (replaced.length === 0) return;
  await restoreWorkloads(context, replaced);
  // What a run had replaced that died is known by its record only.
  await context.while(restoreVersions(context.record, context.ports));
  await awaitReady(
    context,
    replaced.map(({ workload }) => workload.stable),
  );
}

/**
 * Sends all traffic to the new stable, applies what else the manifests say, and removes the canary. The release is
 * promoted by then: what goes wrong here is left over, and named, but takes nothing back.
 */
export async function retireCanary(context: ReleaseContext): Promise<readonly string[]> {
  const { plan, ports } = context;
  const tell = context.tell.bind(context);
  await settle(context, 'the new pods of stable');
  await context.while(ports.router.stop());
  const stoppedAt = ports.clock.now();
  tell({ type: 'stopped' });
  // Whoever takes this for more than it is stops and drains once more.
  context.noteLater({ weight: 0 });
  const { clock, metrics, router } = ports;
  await drain({ clock, metrics, router, tell, limit: plan.spec.drain, signal: context.signal });
  await context.while(countRequests({ clock, metrics, tell }));
  for (const object of await context.while(ports.router.close())) tell({ type: 'deleted', object });
  await applyRest(context);
  await Promise.all(plan.workers.map(worker => replaceTemplate(context, worker, [])));
  const leftovers = [
    ...(await context.while(removeCanary({ cluster: ports.cluster, tell }, context.record.canary))),
  ];
  const { capacity } = context.record;
  await untilSeenBusy({ clock, tell, since: stoppedAt, signal: context.signal }, capacity);
  leftovers.push(...(await context.while(restoreCapacity({ cluster: ports.cluster, tell }, capacity))));
  return [...leftovers, ...(await awaitWorkers(context))];
}

/** The twins have just gone, so what Emissary reads in annotations has to wait. */
async function applyRest(context: ReleaseContext): Promise<void> {
  const { rest } = context.plan;
  await letGoOfAutoscalers(context);
  await applyAll(
    context,
    rest.filter(object => !holdsRouteText(object)),
  );
  const apart = rest.filter(holdsRouteText);
  if (apart.length === 0) return;
  await settle(context, 'of the Mappings so far, before those in annotations');
  await applyAll(context, apart);
}

/** What a manifest says of an autoscaler's minimum must not be taken for what we raised, and be lowered. */
async function letGoOfAutoscalers(context: ReleaseContext): Promise<void> {
  const { plan, ports, record } = context;
  const applied = new Set(plan.rest.map(object => identityOf(refOf(object))));
  for (const hold of record.capacity ?? []) {
    if (!applied.has(identityOf(hold.autoscaler))) continue;
    const tools = { cluster: ports.cluster, tell: context.tell.bind(context) };
    const left = await context.while(restoreCapacity(tools, [hold]));
    if (left.length === 0) await noteInstead(context, hold.autoscaler);
  }
}

/** Workloads without a canary got their new version just now; one that does not get ready is told, for nothing else would tell. */
async function awaitWorkers(context: ReleaseContext): Promise<readonly string[]> {
  const { workers: unrouted, rest } = context.plan;
  const workers = [
    ...unrouted.map(({ stable }) => stable),
    ...rest.filter(({ kind }) => kind === 'Deployment').map(refOf),
  ];
  if (workers.length === 0) return [];
  try {
    await awaitReady(context, workers);
    return [];
  } catch (thrown) {
    context.throwIfOver();
    return [sentencesOf(thrown)];
  }
}

/** A rollout that takes all of stable's pods at once must find nobody there: the canary, at stable's size, takes all traffic. */
async function carryEverythingWhereStableGoesDown(context: ReleaseContext): Promise<void> {
  const { plan, ports } = context;
  if (!plan.workloads.some(workload => workload.rolloutTakesAllPods)) return;
  await scaleTo(
    context,
    plan.workloads.map(workload => ({
      workload,
      replicas: Math.max(workload.stableReplicas, replicasAt(context, workload, Weight.all)),
    })),
  );
  await context.note({ weight: 100 });
  await context.while(ports.router.setWeight(Weight.all));
  tellWeight(context, Weight.all);
  if (!(await seeWeight(context, Weight.all)).isShown)
    await settle(context, 'that the canary takes all requests');
}
