import { type KubeObject, valueAt } from '../release/kube-object.ts';
import { containerFinding, statusesOf } from './not-ready-reason.ts';
import { conditionOf } from './readiness.ts';

/** One restart may be chance, and stable's pods have them too; with the second it is the version. */
const restartsAllowed = 1;

/** Knows the pods of one workload that has users, and says when they certainly can't serve them. */
export class PodTrouble {
  readonly #pods = new Map<string, KubeObject>();
  /** Restarts from before anybody looked, by pod and container. */
  readonly #before = new Map<string, number>();
  #wasReady = false;

  seeAll(pods: readonly KubeObject[]): void {
    this.#pods.clear();
    for (const pod of pods) this.see(pod);
  }

  see(pod: KubeObject): void {
    const { uid } = pod.metadata;
    this.#pods.set(String(uid), pod);
    for (const { key, count } of restartsOf(pod)) if (!this.#before.has(key)) this.#before.set(key, count);
    if (isReady(pod)) this.#wasReady = true;
  }

  miss(pod: KubeObject): void {
    this.#pods.delete(String(pod.metadata.uid));
  }

  /** The reason why the pods can't serve, for people; `undefined` while they can, as far as one can see. */
  get sign(): string | undefined {
    const pods = [...this.#pods.values()].filter(pod => pod.metadata.deletionTimestamp === undefined);
    for (const pod of pods) {
      const finding = statusesOf(pod, 'containerStatuses')
        .filter(status => isCertain(status, this.#restartsSince(pod, String(status.name))))
        .map(status => containerFinding('container', status))[0];
      if (finding !== undefined) return `pod ${pod.metadata.name}: ${finding.text}`;
    }
    const restarts = pods
      .flatMap(pod => restartsOf(pod).map(({ name }) => this.#restartsSince(pod, name)))
      .reduce((sum, count) => sum + count, 0);
    if (restarts > restartsAllowed) return `${restarts} restarts since it has traffic`;
    return this.#wasReady && !pods.some(isReady) ? this.#noneReady(pods) : undefined;
  }

  #noneReady(pods: readonly KubeObject[]): string {
    const why = pods
      .flatMap(pod =>
        statusesOf(pod, 'containerStatuses').map(status => ({
          pod,
          finding: containerFinding('container', status),
        })),
      )
      .find(({ finding }) => finding !== undefined);
    const none = pods.length === 0 ? 'no pod is left' : `none of ${pods.length} is ready`;
    return why === undefined ? none : `${none}; pod ${why.pod.metadata.name}: ${why.finding?.text}`;
  }

  #restartsSince(pod: KubeObject, container: string): number {
    const { key, count } = restartsOf(pod).find(({ name }) => name === container) ?? { key: '', count: 0 };
    return count - (this.#before.get(key) ?? 0);
  }
}

function isReady(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'Ready')?.status === 'True';
}

function restartsOf(pod: KubeObject): readonly { key: string; name: string; count: number }[] {
  return statusesOf(pod, 'containerStatuses').map(({ name, restartCount }) => ({
    key: `${pod.metadata.uid} ${name}`,
    name: String(name),
    count: typeof restartCount === 'number' ? restartCount : 0,
  }));
}

/** A container that waits in vain, or that was killed for its memory while users were on it. */
function isCertain(status: Readonly<Record<string, unknown>>, restarts: number): boolean {
  const waiting = valueAt(status, 'state', 'waiting', 'reason');
  if (waiting === 'CrashLoopBackOff') return true;
  if (typeof waiting === 'string' && /^(Err)?Image|InvalidImage/.test(waiting)) return true;
  if (valueAt(status, 'state', 'terminated', 'reason') === 'OOMKilled') return true;
  return restarts > 0 && valueAt(status, 'lastState', 'terminated', 'reason') === 'OOMKilled';
}
