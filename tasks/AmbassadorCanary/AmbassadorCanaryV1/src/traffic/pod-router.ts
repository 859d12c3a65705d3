import type { Duration } from '../release/duration.ts';
import { CanaryError, hasCode } from '../release/errors.ts';
import { type KubeObject, nameOf, type ObjectRef, refOf, replicasOf } from '../release/kube-object.ts';
import { releaseLabel, runAnnotation, type WorkloadRelease } from '../release/plan.ts';
import { closestPods, type PodShare } from '../release/pod-share.ts';
import type { Cluster, Footing, Router } from '../release/ports.ts';
import { Weight } from '../release/weight.ts';
import { annotating, readyOf } from './scaled-workload.ts';
import { sharedFooting, sizeFooting } from './share-footing.ts';
import { Twins } from './twins.ts';

/** A workload whose canary shares the Services of its stable. */
export type SharingWorkload = WorkloadRelease & Required<Pick<WorkloadRelease, 'sharing'>>;

/** Those whose canaries share stable's Services: none of a plan that goes by Mappings, else all. */
export function sharingAmong(workloads: readonly WorkloadRelease[]): readonly SharingWorkload[] {
  return workloads.filter((workload): workload is SharingWorkload => workload.sharing !== undefined);
}

export interface PodRouterOptions {
  readonly cluster: Cluster;
  readonly workloads: readonly SharingWorkload[];
  /** The run that we are: tells this process from those that may have scaled the canaries before it. */
  readonly run: string;
  /** For the pods of a weight to get ready. */
  readonly timeout: Duration;
  /** Aborts when nothing more may be written. */
  readonly signal: AbortSignal;
  readonly onProgress: (detail: string) => void;
}

/** On a canary's workload: the weight that its pods stand for, which their number alone does not tell. */
const weightAnnotation = 'ambassador-canary/weight';

/** How a canary's workload was when we last looked at it, or left it. */
interface Known {
  readonly replicas: number;
  /** Who went on with it; nobody where we made it ourselves. */
  readonly run: string | undefined;
}

/**
 * Turns a weight into traffic by numbers: the canary's pods answer the same Services as stable's, so their share of the ready pods
 * is their share of the requests. Stable is never scaled.
 */
export class PodRouter implements Router {
  shares: readonly PodShare[] = [];
  readonly #options: PodRouterOptions;
  /** By the canary's name and namespace. */
  readonly #known = new Map<string, Known>();
  /** Every number of pods that we have ever asked for, by the canary's name: a watch may lag behind us. */
  readonly #written = new Map<string, Set<number>>();
  readonly #twins: Twins;

  constructor(options: PodRouterOptions) {
    this.#options = options;
    const routes = options.workloads.map(({ canary }) => ({ twin: refOf(canary) }));
    this.#twins = new Twins(options.cluster, routes);
  }

  /** Nothing is to be opened: the canary has no pod yet, and with the first it has requests. */
  async open(): Promise<void> {
    for (const { canary } of this.#options.workloads) {
      this.#know(refOf(canary), { replicas: 0, run: undefined });
    }
  }

  /** Puts our name on each canary: a process that was frozen meanwhile finds it, and leaves the canary alone. */
  async rejoin(): Promise<Weight> {
    const { workloads, cluster, run } = this.#options;
    const weights = await Promise.all(
      workloads.map(async ({ canary }) => {
        const ref = refOf(canary);
        const live = await this.#read(ref);
        const [ours, theirs] = [canary, live].map(({ metadata }) => metadata.labels?.[releaseLabel]);
        if (ours !== theirs) throw changed(ref, `release ${ours}`, `release ${theirs}`);
        const named = await cluster.patch(ref, [
          { op: 'test', path: '/metadata/uid', value: live.metadata.uid },
          annotating(live, runAnnotation, run),
        ]);
        const replicas = replicasOf(named);
        this.#know(ref, { replicas, run });
        return replicas === 0 ? 0 : Number(named.metadata.annotations?.[weightAnnotation] ?? 0);
      }),
    );
    return Weight.of(Math.max(0, ...weights));
  }

  /**
   * Gives each canary the pods that come closest to the weight beside those that stable has ready now, and waits until they are. Rejects
   * with `ROLLOUT_NOT_READY` where that fails, and with `CLUSTER_CONFLICT` where somebody else scales the canary.
   */
  async setWeight(weight: Weight): Promise<void> {
    const { cluster, workloads, timeout, signal, onProgress } = this.#options;
    await Promise.all(workloads.map(workload => this.#scale(workload, weight)));
    await cluster.awaitReady(
      workloads.map(({ canary }) => refOf(canary)),
      { timeout, signal, onProgress },
    );
    this.shares = await Promise.all(workloads.map(workload => this.#reached(workload)));
  }

  footing(): readonly Footing[] {
    return this.#options.workloads.flatMap(workload => {
      const written = () => this.#written.get(nameOf(refOf(workload.canary))) ?? new Set();
      return [
        sizeFooting(refOf(workload.canary), written),
        ...workload.sharing.services.map(service => sharedFooting(service, workload)),
      ];
    });
  }

  stop(): Promise<void> {
    return this.#twins.stop();
  }

  close(): Promise<readonly ObjectRef[]> {
    return this.#twins.remove();
  }

  /** Kubernetes writes a Deployment's status all the time, so a moved version alone is no harm: it is read again. */
  async #scale({ stable, canary, sharing }: SharingWorkload, weight: Weight): Promise<void> {
    const ref = refOf(canary);
    const known = this.#known.get(nameOf(ref));
    if (known === undefined) throw new Error('A route is neither opened nor rejoined');
    const beside = await this.#read(stable);
    const wanted = closestPods(readyOf(beside) || replicasOf(beside), weight, sharing.maxSurgePods);
    for (let attempt = 1; !this.#options.signal.aborted; attempt++) {
      const live = await this.#read(ref);
      const now = replicasOf(live);
      // At promotion the runner makes it larger than any weight asks for.
      const isGrown = weight.percent === Weight.all.percent && now > known.replicas;
      const replicas = isGrown ? Math.max(wanted, now) : wanted;
      const isDone = attempt > 1 && now === replicas;
      if (!isGrown && !isDone && now !== known.replicas) {
        throw changed(ref, `${known.replicas} replicas`, `${now}`);
      }
      const { [runAnnotation]: run } = live.metadata.annotations ?? {};
      if (run !== known.run) throw changed(ref, `run ${known.run}`, `run ${run}`);
      try {
        // Before it is true: whoever watches may see it before we hear of it.
        this.#write(ref, replicas);
        await this.#options.cluster.patch(ref, [
          { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
          annotating(live, weightAnnotation, String(weight.percent)),
          { op: 'add', path: '/spec/replicas', value: replicas },
        ]);
        this.#know(ref, { ...known, replicas });
        return;
      } catch (thrown) {
        const moved = hasCode(thrown, 'CLUSTER_CONFLICT');
        if (!moved || attempt === 5) throw thrown;
      }
    }
  }

  /** What is ready now: pods that are not have no requests. */
  async #reached({ stable, canary }: SharingWorkload): Promise<PodShare> {
    const [beside, live] = await Promise.all([this.#read(stable), this.#read(refOf(canary))]);
    const ready = readyOf(live);
    if (ready > 0) return { workload: stable.name, canary: ready, all: ready + readyOf(beside) };
    throw new CanaryError('ROLLOUT_NOT_READY', `${nameOf(refOf(canary))} has no ready pod`, {
      expected: 'at least one, because a canary without a pod proves nothing',
      found: `${replicasOf(live)} asked for, none ready`,
      hint: 'Look at its pods and their events',
    });
  }

  #know(ref: ObjectRef, known: Known): void {
    this.#known.set(nameOf(ref), known);
    this.#write(ref, known.replicas);
  }

  #write(ref: ObjectRef, replicas: number): void {
    this.#written.set(nameOf(ref), new Set([...(this.#written.get(nameOf(ref)) ?? []), replicas]));
  }

  async #read(ref: ObjectRef): Promise<KubeObject> {
    const live = await this.#options.cluster.get(ref);
    if (live !== undefined) return live;
    throw new CanaryError('CLUSTER_CONFLICT', `${nameOf(ref)} is gone`, {
      hint: 'Somebody deleted it during the release',
    });
  }
}

function changed(ref: ObjectRef, expected: string, found: string): CanaryError {
  return new CanaryError('CLUSTER_CONFLICT', `Somebody else changed ${nameOf(ref)}`, {
    expected,
    found,
    hint: 'Leave the canary to the release that made it',
  });
}
