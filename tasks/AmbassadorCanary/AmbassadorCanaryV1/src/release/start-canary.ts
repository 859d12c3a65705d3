import { canaryObjects, canaryReplicas } from './canary-objects.ts';
import { Duration } from './duration.ts';
import { raiseCapacity } from './keep-capacity.ts';
import { type KubeObject, nameOf, type ObjectRef, refOf } from './kube-object.ts';
import { listNames } from './list-names.ts';
import type { WorkloadRelease } from './plan.ts';
import type { ReleaseContext } from './release-context.ts';
import { settle } from './settle.ts';
import type { Weight } from './weight.ts';

/**
 * Holds stable's capacity, and makes everything the canary consists of but its share of traffic: additions, surroundings and new workloads, then its
 * Services and its pods, until these are ready.
 */
export async function startCanary(context: ReleaseContext): Promise<void> {
  const { plan } = context;
  await raiseCapacity(context);
  // One by one: a role comes before what binds it, a namespace before what lies in it.
  for (const addition of plan.additions) await applyAll(context, [addition]);
  await applyAll(context, plan.surroundings);
  await applyAll(context, plan.newWorkloads);
  await applyAll(context, canaryObjects(plan));
  const withPods = plan.workloads.filter(({ sharing }) => sharing === undefined).map(({ canary }) => canary);
  const workloads = [...plan.newWorkloads, ...withPods];
  if (workloads.length > 0) await awaitReady(context, workloads.map(refOf));
}

/** Opens the routes of a canary whose pods are ready, at weight 0. */
export async function openRoutes(context: ReleaseContext): Promise<void> {
  const { plan, ports } = context;
  await context.while(ports.router.open());
  for (const { twin } of plan.routes) {
    context.tell({ type: 'applied', object: refOf(twin), note: 'weight 0' });
  }
  if (plan.routes.length > 0) await settle(context, "the canary's pods and route");
}

/**
 * Scales the canary for a weight and waits until the pods are ready and known to the data plane, so that no weight is ever
 * carried by too few. Never scales down. Pods that are the weight are the router's to make.
 */
export async function scaleCanary(context: ReleaseContext, weight: Weight, current: Weight): Promise<void> {
  const growing = context.plan.workloads.filter(
    workload =>
      workload.sharing === undefined &&
      replicasAt(context, workload, weight) > replicasAt(context, workload, current),
  );
  await scaleTo(
    context,
    growing.map(workload => ({ workload, replicas: replicasAt(context, workload, weight) })),
  );
}

/** Gives canaries their sizes, and waits until their pods are ready and known to the data plane. */
export async function scaleTo(
  context: ReleaseContext,
  sizes: readonly { readonly workload: WorkloadRelease; readonly replicas: number }[],
): Promise<void> {
  if (sizes.length === 0) return;
  await Promise.all(
    sizes.map(({ workload, replicas }) =>
      context.while(
        context.ports.cluster.patch(refOf(workload.canary), [
          { op: 'replace', path: '/spec/replicas', value: replicas },
        ]),
      ),
    ),
  );
  await awaitReady(
    context,
    sizes.map(({ workload }) => refOf(workload.canary)),
  );
  await settle(context, "the canary's new pods");
}

/** Tells the weight that was set and, where pods are the share, what they reached. */
export function tellWeight(context: ReleaseContext, weight: Weight): void {
  const { shares } = context.ports.router;
  const routes = context.plan.routes.length;
  context.tell({ type: 'weight-set', weight, routes, ...(shares && { shares }) });
}

/** Waits for these workloads' pods, with progress in the log. */
export async function awaitReady(context: ReleaseContext, workloads: readonly ObjectRef[]): Promise<void> {
  const began = context.ports.clock.now();
  const { rolloutTimeout } = context.plan.spec;
  await context.while(
    context.ports.cluster.awaitReady(workloads, {
      timeout: rolloutTimeout,
      signal: context.signal,
      onProgress: what => context.tell({ type: 'waiting', what, atMost: rolloutTimeout }),
    }),
  );
  const lasted = Duration.milliseconds(context.ports.clock.now() - began);
  context.tell({
    type: 'ready',
    what: listNames(workloads.map(nameOf)),
    detail: `after ${lasted.toClock()}`,
  });
}

/** Applies objects side by side; a name that another object of the set refers to need not exist yet for Kubernetes. */
export async function applyAll(context: ReleaseContext, objects: readonly KubeObject[]): Promise<void> {
  await Promise.all(
    objects.map(async object => {
      await context.while(context.ports.cluster.apply(object));
      context.tell({ type: 'applied', object: refOf(object) });
    }),
  );
}

/** The pods that the canary has at this weight. */
export function replicasAt(context: ReleaseContext, workload: WorkloadRelease, weight: Weight): number {
  return canaryReplicas(context.plan.spec, workload, weight);
}
