import { canaryObjects } from './canary-objects.ts';
import { Duration } from './duration.ts';
import { toCanaryErrors } from './errors.ts';
import { asRecord, identityOf, type KubeObject, nameOf, type ObjectRef, refOf } from './kube-object.ts';
import type { CanaryPlan } from './plan.ts';
import type { Cluster, Pipeline } from './ports.ts';
import { type ReleaseRecord, routesOf } from './record.ts';
import { isOurs } from './remove.ts';
import { isSameJson } from './same-json.ts';

/** Users are on its pods, or are about to be: no time to wait for those that are not there. */
const readyWithin = Duration.seconds(5);

/**
 * What of a canary that another process began is not as this plan would make it, one sentence each: objects, routes and pods. Empty
 * where it can be gone on with. Touches nothing: the API server says by dry run what applying them anew would change.
 */
export async function differencesFromPlan(
  plan: CanaryPlan,
  left: ReleaseRecord,
  { cluster, pipeline }: { readonly cluster: Cluster; readonly pipeline: Pick<Pipeline, 'cancelled'> },
): Promise<readonly string[]> {
  const twins = plan.routes.map(({ twin }) => twin);
  const planned = [...plan.surroundings, ...canaryObjects(plan), ...twins];
  const known = [...left.canary, ...left.routes.map(({ twin }) => twin)];
  const found = [
    ...unlike(
      left.workloads,
      plan.workloads.map(({ stable }) => stable),
      'is not to be promoted any more',
    ),
    ...unlike(
      left.routes.map(({ twin }) => twin),
      routesOf(plan).map(({ twin }) => twin),
      'leads to nothing that is released',
    ),
    ...unlike(planned.map(refOf), known, 'is not in its record'),
    ...deployedSince(plan, left),
    ...(await Promise.all(planned.map(object => differenceOf(object, left, cluster)))).flat(),
  ];
  if (found.length > 0) return found;
  try {
    await cluster.awaitReady(
      plan.workloads.map(({ canary }) => refOf(canary)),
      { timeout: readyWithin, signal: pipeline.cancelled },
    );
    return [];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ fact }) => fact);
  }
}

/** A promotion must not overwrite what somebody else has deployed while nobody watched; one that has begun may be its own. */
function deployedSince({ workloads }: CanaryPlan, { phase, ran = [] }: ReleaseRecord): readonly string[] {
  if (phase === 'promoting') return [];
  const digests = new Map(ran.map(({ workload, digest }) => [identityOf(workload), digest]));
  return workloads
    .filter(({ stable, ranDigest }) => (digests.get(identityOf(stable)) ?? ranDigest) !== ranDigest)
    .map(({ stable }) => `${nameOf(stable)} got other pods since then: somebody else has deployed to it`);
}

/** The refs of one list that the other lacks. */
function unlike(refs: readonly ObjectRef[], others: readonly ObjectRef[], story: string): readonly string[] {
  const known = new Set(others.map(identityOf));
  return refs.filter(ref => !known.has(identityOf(ref))).map(ref => `${nameOf(ref)} ${story}`);
}

async function differenceOf(
  object: KubeObject,
  { phase }: ReleaseRecord,
  cluster: Cluster,
): Promise<readonly string[]> {
  const name = nameOf(refOf(object));
  const live = await cluster.get(refOf(object));
  if (live === undefined) return [`${name} is gone`];
  if (!isOurs(live)) return [`${name} is not this release's any more`];
  // Whoever took it off the canary had a reason, and may have died before the record could say so.
  const { weight, replicas } = asRecord(live.spec) ?? {};
  if (phase === 'stepping' && (weight === 0 || replicas === 0)) return [`${name} gets no traffic any more`];
  try {
    const anew = await cluster.apply(object, { dryRun: true });
    return isSameJson(contentOf(anew), contentOf(live)) ? [] : [`${name} is not as planned`];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ fact }) => fact);
  }
}

/** What an object says, without how much of it there is: replicas and weight grow with the steps. */
function contentOf(object: KubeObject): unknown {
  const { apiVersion: _, metadata: __, status: ___, spec, ...content } = object;
  const fields = asRecord(spec);
  if (fields === undefined) return { ...content, spec };
  const { replicas: ____, weight: _____, ...rest } = fields;
  return { ...content, spec: rest };
}
