import {
  clearLeftovers,
  mergeLeftovers,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/clear-leftovers.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Ending } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import type { Ports } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import {
  emptyRecord,
  type ReleaseRecord,
  recordFor,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import {
  endUnchanged,
  runRelease,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import { AmbassadorRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import { LeftoverRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/leftover-router.ts';
import {
  PodRouter,
  sharingAmong,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/pod-router.ts';
import {
  failing,
  MemoryLock,
  MemoryPipeline,
  passing,
  ScriptedMetrics,
  VirtualClock,
} from '../release/doubles.ts';
import { claim } from '../release/run.ts';
import type { Fault, RegistryCluster } from './registry-cluster.ts';
import { prepare, spec } from './trial.ts';

/** What goes wrong during a run; nothing where it is empty. */
export interface Trouble {
  /** The measurement that fails, counted from 0. */
  readonly failsAt?: number;
  /** The write, or the wait for pods, at which the cluster can't be reached, counted from 0; once, or from then on. */
  readonly faultAt?: { readonly count: number; readonly when: Fault; readonly lasts: boolean };
  /** The write or wait at which the user cancels. */
  readonly cancelAt?: number;
}

export interface Run {
  readonly ending: Ending;
  /** What the cluster would remember of it. */
  readonly record: ReleaseRecord | undefined;
}

/** Releases the manifests as the step does, with a router, a plan and a runner that are the real ones. */
export async function release(
  manifests: readonly KubeObject[],
  cluster: RegistryCluster,
  trouble: Trouble = {},
  by = spec,
): Promise<Run> {
  const { plan, release: name } = await prepare(manifests, cluster, by);
  if (plan.kind === 'unchanged') return { ending: endUnchanged(plan), record: undefined };
  const metrics = new ScriptedMetrics();
  const { failsAt } = trouble;
  if (failsAt !== undefined)
    metrics.rounds = [...Array.from({ length: failsAt }, () => [passing]), [failing]];
  const known = portsOf(cluster);
  const workloads = plan.kind === 'canary' ? sharingAmong(plan.workloads) : [];
  const router =
    workloads.length > 0
      ? new PodRouter({
          cluster,
          workloads,
          run: '',
          timeout: by.rolloutTimeout,
          signal: known.pipeline.cancelled,
          onProgress: () => {},
        })
      : new AmbassadorRouter(cluster, plan.kind === 'canary' ? plan.routes : []);
  const ports = { ...known, router, metrics };
  const record = recordFor({ ...claim, release: name }, plan);
  await ports.lock.write(record);
  arm(cluster, trouble, ports.pipeline);
  const ending = await runRelease(plan, ports, record);
  cluster.strike = () => {};
  return { ending, record: ports.lock.records.at(-1) };
}

/** What the next run of the pipeline does about one that left something: takes it back, then releases. */
export async function releaseAfter(
  { record }: Run,
  manifests: readonly KubeObject[],
  cluster: RegistryCluster,
  by = spec,
): Promise<Run> {
  const { leftovers, release: name } = await prepare(manifests, cluster, by);
  const left = mergeLeftovers(record ?? emptyRecord({ ...claim, release: name }), leftovers);
  const ports: Ports = {
    ...portsOf(cluster),
    router: new LeftoverRouter(cluster, left.routes),
    metrics: new ScriptedMetrics(),
  };
  const { drain, rolloutTimeout } = spec;
  await clearLeftovers(left, ports, { reason: 'an earlier run died', drain, rolloutTimeout });
  return release(manifests, cluster, {}, by);
}

function portsOf(cluster: RegistryCluster) {
  return { cluster, lock: new MemoryLock(), pipeline: new MemoryPipeline(), clock: new VirtualClock() };
}

function arm(cluster: RegistryCluster, { faultAt, cancelAt }: Trouble, pipeline: MemoryPipeline): void {
  let count = -1;
  cluster.strike = (write, when) => {
    if (when === 'before') {
      count += 1;
      if (count === cancelAt) pipeline.cancel();
    }
    if (faultAt === undefined || count < faultAt.count || (count > faultAt.count && !faultAt.lasts)) return;
    if (count === faultAt.count && when !== faultAt.when) return;
    throw new CanaryError('CLUSTER_UNREACHABLE', `No answer to: ${write}`);
  };
}
