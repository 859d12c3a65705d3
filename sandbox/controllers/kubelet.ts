import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../../rig/kubelet/pod.ts';
import { podStatus } from '../../rig/kubelet/pod-status.ts';
import { at, type KubeObject, objectsAt } from '../objects.ts';
import { containerAt, type Noted } from './pod-life.ts';
import type { Writer } from './writer.ts';

export interface KubeletOptions {
  /** How long a pod takes from being scheduled to being ready. */
  readonly readyMs: number;
  /** How long a pod takes to end, if its grace period allows it. */
  readonly stopMs: number;
}

const node = 'sandbox-node';

interface Taken {
  readonly at: number;
  readonly podIP: string;
  endsAt?: number;
  readonly noted: Set<string>;
}

/** Scheduler and kubelet in one: takes pods, tells what becomes of them by the tags of their images, and ends them. Runs nothing. */
export class Kubelet {
  readonly #writer: Writer;
  readonly #options: KubeletOptions;
  readonly #taken = new Map<string, Taken>();
  #addresses = 0;

  constructor(writer: Writer, options: KubeletOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /** Takes every pod to where it is now. Hands back when the next one changes by itself, in milliseconds since the epoch. */
  sync(now: number): number | undefined {
    const pods = this.#writer.list('v1', 'Pod');
    const waits = pods.flatMap(pod => this.#syncPod(pod, now) ?? []);
    const living = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#taken.keys()) if (!living.has(uid)) this.#taken.delete(uid);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  #syncPod(pod: KubeObject, now: number): number | undefined {
    // A pod for another scheduler waits for it for ever: there is none here.
    if (at(pod, 'spec', 'schedulerName') !== 'default-scheduler') return undefined;
    const taken = this.#take(pod, now);
    const { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds = 0 } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      taken.endsAt ??= now + Math.min(this.#options.stopMs, graceSeconds * 1000);
      if (now >= taken.endsAt) {
        this.#writer.delete(pod, { gracePeriodSeconds: 0 });
        return undefined;
      }
    }
    const next = this.#tellStatus(pod, taken, now);
    const ends = taken.endsAt;
    return ends === undefined ? next : Math.min(ends, next ?? ends);
  }

  #take(pod: KubeObject, now: number): Taken {
    const { uid = '', namespace = '', name } = pod.metadata;
    const known = this.#taken.get(uid);
    if (known) return known;
    this.#addresses++;
    const podIP = `10.244.${Math.floor(this.#addresses / 250)}.${(this.#addresses % 250) + 1}`;
    const taken = { at: now, podIP, noted: new Set<string>() };
    this.#taken.set(uid, taken);
    this.#writer.change(pod, copy => {
      copy.spec = { ...(copy.spec as object), nodeName: node };
    });
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    this.#writer.record(pod, 'Normal', 'Scheduled', message, 'default-scheduler');
    return taken;
  }

  /** Writes the pod's status where it differs. Hands back when it changes by itself next. */
  #tellStatus(pod: KubeObject, taken: Taken, now: number): number | undefined {
    const { namespace = '', name, uid = '' } = pod.metadata;
    const moments = objectsAt(pod, 'spec', 'containers').map(container =>
      containerAt({
        name: String(container.name),
        image: String(container.image),
        podLabel: `${name}_${namespace}(${uid})`,
        podUid: uid,
        takenAt: taken.at,
        ageMs: now - taken.at,
        readyMs: this.#options.readyMs,
      }),
    );
    const status = podStatus({
      pod: pod as KubeObject as Pod,
      podIP: taken.podIP,
      hostIP: '10.0.0.1',
      startedAt: taken.at,
      now,
      previous: (at(pod, 'status', 'conditions') ?? []) as [],
      containers: moments.map(moment => moment.status),
      initContainers: [],
      sidecars: new Set(),
      ended: false,
    });
    const written = {
      ...status,
      qosClass: at(pod, 'status', 'qosClass'),
      observedGeneration: pod.metadata.generation,
    };
    if (!isDeepStrictEqual(written, pod.status)) this.#writer.setStatus(pod, written);
    for (const noted of moments.flatMap(moment => moment.events)) this.#note(pod, taken, noted);
    const nexts = moments.flatMap(moment => (moment.nextMs === undefined ? [] : [taken.at + moment.nextMs]));
    return nexts.length > 0 ? Math.min(...nexts) : undefined;
  }

  #note(pod: KubeObject, { noted }: Taken, { type, reason, message }: Noted): void {
    const key = `${reason} ${message}`;
    if (noted.has(key)) return;
    noted.add(key);
    this.#writer.record(pod, type, reason, message, 'kubelet');
  }
}
