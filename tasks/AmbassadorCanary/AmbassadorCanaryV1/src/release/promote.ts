import { CanaryError, toCanaryErrors } from './errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, refOf, valueAt } from './kube-object.ts';
import type { WorkloadRelease } from './plan.ts';
import type { ReleaseContext } from './release-context.ts';
import { removeCanary } from './remove.ts';
import { isSameJson } from './same-json.ts';
import { countRequests, drain, settle } from './settle.ts';
import { applyAll, awaitReady, replicasAt, scaleTo } from './start-canary.ts';
import { Weight } from './weight.ts';

/** Promotion failed after stable had been touched; stable is back at its old template. */
export class PromotionUndone extends Error {
  override readonly name = 'PromotionUndone';
}

/** Promotion failed, and stable did not get ready at its old template either: users are safe at the canary only. */
export class StableNotRestored extends Error {
  override readonly name = 'StableNotRestored';
}

interface Replaced {
  readonly stable: ObjectRef;
  readonly oldTemplate: unknown;
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
  await applyAll(context, plan.configuration);

  const replaced: Replaced[] = [];
  try {
    const results = await Promise.allSettled(
      plan.workloads.map(workload => replaceTemplate(context, workload, replaced)),
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
      await restoreTemplates(context, replaced);
    } catch (failure) {
      context.throwIfOver();
      throw new StableNotRestored(`${why}; with its old version again: ${sentencesOf(failure)}`, {
        cause: failure,
      });
    }
    throw new PromotionUndone(why, { cause: thrown });
  }
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
  tell({ type: 'stopped' });
  await context.note({ weight: 0 });
  const { clock, metrics } = ports;
  await drain({ clock, metrics, tell, limit: plan.spec.drain, signal: context.signal });
  await context.while(countRequests({ clock, metrics, tell }));
  for (const object of await context.while(ports.router.close())) tell({ type: 'deleted', object });
  await applyAll(context, plan.rest);
  const leftovers = await context.while(
    removeCanary({ cluster: ports.cluster, tell }, context.record.canary),
  );
  return [...leftovers, ...(await awaitWorkers(context))];
}

/** Workloads without a route got their new version just now; one that does not get ready is told, for nothing else would tell. */
async function awaitWorkers(context: ReleaseContext): Promise<readonly string[]> {
  const workers = context.plan.rest.filter(({ kind }) => kind === 'Deployment').map(refOf);
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
  context.tell({ type: 'weight-set', weight: Weight.all, routes: plan.routes.length });
  await settle(context, 'that the canary takes all requests');
}

/**
 * Gives stable the tested pod template, whole: server-side apply would leave behind what another manager owns, such as a
 * removed sidecar. The resourceVersion test makes sure that it is the object we read; a moved one is read again.
 */
async function replaceTemplate(
  context: ReleaseContext,
  workload: WorkloadRelease,
  replaced: Replaced[],
): Promise<void> {
  const { cluster } = context.ports;
  const template = valueAt(workload.promoted, 'spec', 'template');
  for (let attempt = 1; ; attempt++) {
    const live = await context.while(cluster.get(workload.stable));
    if (live === undefined) {
      throw new CanaryError('CLUSTER_CONFLICT', `${nameOf(workload.stable)} is gone`, {
        hint: 'Somebody deleted it during the release',
      });
    }
    let result: KubeObject;
    try {
      result = await context.while(
        cluster.patch(workload.stable, [
          { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
          { op: 'replace', path: '/spec/template', value: template },
        ]),
      );
    } catch (thrown) {
      const moved = thrown instanceof CanaryError && thrown.code === 'CLUSTER_CONFLICT';
      if (!moved || attempt === 5) throw thrown;
      continue;
    }
    replaced.push({ stable: workload.stable, oldTemplate: valueAt(live, 'spec', 'template') });
    if (workload.changesBesidesTemplate) {
      const replicas = valueAt(result, 'spec', 'replicas');
      result = await context.while(cluster.apply(withDefaultReplicas(workload.promoted, replicas)));
    }
    context.tell({ type: 'applied', object: workload.stable, note: 'new version' });
    await verifyTested(context, workload, result);
    return;
  }
}

/**
 * A manifest that leaves its replicas to an autoscaler is applied with those that run: leaving the field out would set it
 * to 1 where we were the only one to own it.
 */
function withDefaultReplicas(workload: KubeObject, replicas: unknown): KubeObject {
  return { ...workload, spec: { replicas, ...asRecord(workload.spec) } };
}

/** What now runs as stable must be what was on trial, whatever admission webhooks or other hands did to it. */
async function verifyTested(
  context: ReleaseContext,
  workload: WorkloadRelease,
  stable: KubeObject,
): Promise<void> {
  const canary = await context.while(context.ports.cluster.get(refOf(workload.canary)));
  if (canary === undefined) return;
  for (const field of ['containers', 'initContainers', 'volumes']) {
    const tested = valueAt(canary, 'spec', 'template', 'spec', field);
    const promoted = valueAt(stable, 'spec', 'template', 'spec', field);
    if (isSameJson(tested, promoted)) continue;
    throw new CanaryError('PROMOTION_DIFFERS', `${nameOf(workload.stable)} would not run what was tested`, {
      expected: `the same ${field} as the canary's`,
      found: 'others, after promotion',
      hint: 'An admission webhook or another controller changes them by name or label; exempt one of the two',
    });
  }
}

function sentencesOf(thrown: unknown): string {
  return toCanaryErrors(thrown)
    .map(error => error.sentence)
    .join('; ');
}

/** One that can't be restored keeps no other from it. */
async function restoreTemplates(context: ReleaseContext, replaced: readonly Replaced[]): Promise<void> {
  if (replaced.length === 0) return;
  const results = await Promise.allSettled(
    replaced.map(async ({ stable, oldTemplate }) => {
      await context.while(
        context.ports.cluster.patch(stable, [{ op: 'replace', path: '/spec/template', value: oldTemplate }]),
      );
      context.tell({ type: 'applied', object: stable, note: 'old version again' });
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await awaitReady(
    context,
    replaced.map(({ stable }) => stable),
  );
}
