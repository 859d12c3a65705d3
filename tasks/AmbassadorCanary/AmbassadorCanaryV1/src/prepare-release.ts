import type { EmissaryMetrics } from './analysis/emissary-metrics.ts';
import { knownResource } from './cluster/resource-table.ts';
import { inNamespaces, type SurveyCluster, survey } from './cluster/survey.ts';
import { findLeftovers } from './manifests/find-leftovers.ts';
import { makePlan } from './manifests/make-plan.ts';
import { duplicatesIn, type ManifestDocument } from './manifests/read-manifests.ts';
import { releaseDigest, trialDigest } from './manifests/release-digest.ts';
import { locksOf, releaseOf } from './manifests/release-name.ts';
import { surveyManifests } from './manifests/survey-manifests.ts';
import type { Surveyed } from './manifests/surveyed.ts';
import { canaryObjects } from './release/canary-objects.ts';
import type { Leftovers } from './release/clear-leftovers.ts';
import { Duration } from './release/duration.ts';
import { CanaryError, throwIfAny, toCanaryErrors } from './release/errors.ts';
import { type KubeObject, nameOf, refOf } from './release/kube-object.ts';
import type { Plan } from './release/plan.ts';
import type { Cluster } from './release/ports.ts';
import type { LeaseName } from './release/record.ts';
import type { ReleaseSpec, TrafficSplit } from './release/spec.ts';
import { tryCapacity } from './try-capacity.ts';

/** Everything that is known before the first write. */
export interface Prepared {
  readonly plan: Plan;
  /** The value of our label on what this release makes. */
  readonly release: string;
  /** What is released, and how it is tested: by these two a run knows its own release again. */
  readonly digest: string;
  readonly trial: string;
  /** One Lease for each workload of the manifests, in the order in which they are taken. */
  readonly locks: readonly LeaseName[];
  /** What an earlier run of this release left behind, as far as labels tell. */
  readonly leftovers: Leftovers;
  /** What the cluster held, and what the dry runs said. */
  readonly surveyed: Surveyed;
}

/**
 * Looks at the cluster and makes the plan, trying out on the API server, by dry run, what it would create. Touches
 * nothing; rejects with everything that is wrong.
 */
export async function prepareRelease(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  cluster: SurveyCluster,
): Promise<Prepared> {
  const prepared = await draftRelease(spec, documents, liveCluster(cluster));
  return { ...prepared, plan: await tryOut(prepared.plan, cluster) };
}

/** Where a plan is made from: what is known of kinds, and what is there. */
export interface PlanSource {
  isNamespaced(apiVersion: string, kind: string): Promise<boolean>;
  survey(objects: readonly KubeObject[], split: TrafficSplit): Promise<Surveyed>;
}

/** A plan is made from what runs, and from what the API server says of the manifests. */
export function liveCluster(cluster: SurveyCluster): PlanSource {
  return {
    isNamespaced: (apiVersion, kind) => cluster.isNamespaced(apiVersion, kind),
    survey: (objects, split) => survey(objects, cluster, split),
  };
}

/** Asks nobody: a kind that the table lacks is taken for one that lives in namespaces, as most do. */
export const manifestsAlone: PlanSource = {
  isNamespaced: async (apiVersion, kind) => knownResource(apiVersion, kind)?.namespaced ?? true,
  survey: async objects => surveyManifests(objects),
};

/** Looks and makes the plan, which nobody has tried out yet. */
export async function draftRelease(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  source: PlanSource,
): Promise<Prepared> {
  const objects = documents.map(({ object }) => object);
  const placed = await inNamespaces(objects, spec.namespace ?? 'default', source);
  // One that names its namespace and one that leaves it to the input may be the same object.
  throwIfAny(
    duplicatesIn(
      documents.map((document, index) => ({ ...document, object: placed[index] ?? document.object })),
    ),
  );
  const surveyed = await source.survey(placed, spec.trafficSplit);
  const plan = makePlan(spec, placed, surveyed);
  const release = releaseOf(placed);
  const namespaces = placed
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata }) => metadata.namespace);
  const leftovers = findLeftovers(surveyed, release, namespaces);
  const digests = { digest: releaseDigest(placed), trial: trialDigest(spec) };
  return { plan, release, ...digests, locks: locksOf(placed), leftovers, surveyed };
}

/**
 * Has the API server say, by dry run, whether it would take what the plan creates; resolves to the plan without what it can do
 * without and may not write, which is named: budgets, and policies in namespaces of others. Rejects with all else that is refused.
 */
export async function tryOut(plan: Plan, cluster: Cluster): Promise<Plan> {
  if (plan.kind !== 'canary') return plan;
  const objects = [...plan.surroundings, ...canaryObjects(plan), ...plan.routes.map(({ twin }) => twin)];
  const own = new Set(plan.workloads.map(({ stable }) => stable.namespace));
  const optional = plan.surroundings.filter(
    ({ kind, metadata }) => kind === 'PodDisruptionBudget' || !own.has(metadata.namespace),
  );
  const results = await Promise.allSettled(objects.map(object => cluster.apply(object, { dryRun: true })));
  const unwritable: KubeObject[] = [];
  const errors = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    const object = objects[index];
    const found = toCanaryErrors(result.reason);
    const isForbidden = found.every(({ code }) => code === 'CLUSTER_FORBIDDEN');
    if (object === undefined || !isForbidden || !optional.includes(object)) return found;
    unwritable.push(object);
    return [];
  });
  const { errors: unheld, ...held } = await tryCapacity(plan, cluster);
  throwIfAny([...errors, ...unheld]);
  return {
    ...plan,
    ...held,
    surroundings: plan.surroundings.filter(object => !unwritable.includes(object)),
    notes: [
      ...held.notes,
      ...unwritable.map(object =>
        object.kind === 'PodDisruptionBudget'
          ? `${nameOf(refOf(object))} may not be written: nothing keeps the canary's pods from going all at once`
          : `${nameOf(refOf(object))} may not be written: policies there keep the canary's traffic out`,
      ),
    ],
  };
}

/**
 * Asks Prometheus whether it can judge this release, and holds the times of the spec against how often it scrapes: what
 * is measured more often than that is the same sample twice, and a step needs three of them. Resolves to what the checks can't see.
 */
export async function checkMetrics(spec: ReleaseSpec, metrics: EmissaryMetrics): Promise<readonly string[]> {
  const { scrapeInterval, notes } = await metrics.preflight();
  if (scrapeInterval === undefined) return notes;
  const found = `Prometheus scrapes Emissary every ${scrapeInterval}`;
  const errors: CanaryError[] = [];
  if (spec.interval.isShorterThan(scrapeInterval)) {
    errors.push(
      new CanaryError('INPUT_INVALID', 'Input `interval` is shorter than the scrape interval', {
        expected: `${scrapeInterval} or more`,
        found: `${spec.interval}; ${found}`,
        hint: `Write \`interval: ${scrapeInterval}\``,
      }),
    );
  }
  const least = scrapeInterval.times(3);
  for (const { weight, pause } of spec.steps) {
    if (!pause.isShorterThan(least)) continue;
    errors.push(
      new CanaryError('INPUT_INVALID', `The step at ${weight} is shorter than three scrapes`, {
        expected: `${least} or more`,
        found: `${pause}; ${found}`,
        hint: `Write \`pause: ${Duration.milliseconds(Math.ceil(least.seconds) * 1000)}\` or let Prometheus scrape more often`,
      }),
    );
  }
  throwIfAny(errors);
  return notes;
}
