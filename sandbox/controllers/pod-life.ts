import type { ContainerStatus } from '../../rig/kubelet/pod.ts';
import { kubeTime } from '../../rig/kubelet/pod.ts';

/** What becomes of a container, by a word in its image's tag. */
export type Fate = 'ready' | 'never-ready' | 'missing' | 'crash';

/** `never-ready` never gets ready, `missing` is not to be pulled, `crash` ends as soon as it runs; all others get ready. */
function fateOf(image: string): Fate {
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1] ?? '';
  return (['never-ready', 'missing', 'crash'] as const).find(word => tag.includes(word)) ?? 'ready';
}

/** An event that a container's state comes with. */
export interface Noted {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Moment {
  readonly status: ContainerStatus;
  readonly events: readonly Noted[];
  /** When the container changes by itself next, in milliseconds after its pod was taken; absent when it stays as it is. */
  readonly nextMs?: number;
}

export interface ContainerAt {
  readonly name: string;
  readonly image: string;
  /** `shop/web-abc-xyz`, for messages. */
  readonly podLabel: string;
  readonly podUid: string;
  /** When the kubelet took the pod, in milliseconds since the epoch. */
  readonly takenAt: number;
  readonly ageMs: number;
  readonly readyMs: number;
}

/** How long it takes from being taken to running, where the image is there. */
const startMs = 20;
/** The first restart comes at once, the later ones after ever longer waits; a kubelet begins with 10 s. */
const backOffsMs = [0, 1_000, 2_000, 4_000, 8_000];
const runMs = 100;
const pullMs = 500;

/** What a container is at a moment of its life. Pure: fate and age say it all. */
export function containerAt(container: ContainerAt): Moment {
  switch (fateOf(container.image)) {
    case 'missing':
      return unpullable(container);
    case 'crash':
      return crashing(container);
    case 'never-ready':
      return running(container, false);
    case 'ready':
      return running(container, true);
  }
}

function base({ name, image, podUid }: ContainerAt): Omit<ContainerStatus, 'state'> {
  const containerID = `sandbox://${podUid}/${name}`;
  return {
    name,
    image,
    imageID: `sandbox://${image}`,
    containerID,
    ready: false,
    started: false,
    restartCount: 0,
    lastState: {},
  };
}

function creating(container: ContainerAt): Moment {
  const { containerID: _, ...rest } = base(container);
  const status = { ...rest, imageID: '', state: { waiting: { reason: 'ContainerCreating' } } };
  return { status, events: [], nextMs: startMs };
}

function running(container: ContainerAt, getsReady: boolean): Moment {
  const { ageMs, readyMs, takenAt, name, image } = container;
  if (ageMs < startMs) return creating(container);
  const ready = getsReady && ageMs >= readyMs;
  const state = { running: { startedAt: kubeTime(takenAt + startMs) } };
  const events: Noted[] = [
    { type: 'Normal', reason: 'Pulled', message: `Container image "${image}" already present on machine` },
    { type: 'Normal', reason: 'Created', message: `Created container: ${name}` },
    { type: 'Normal', reason: 'Started', message: `Started container ${name}` },
  ];
  if (!getsReady && ageMs >= readyMs) {
    const message = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
    events.push({ type: 'Warning', reason: 'Unhealthy', message });
  }
  const status = { ...base(container), started: true, ready, state };
  return ageMs < readyMs ? { status, events, nextMs: readyMs } : { status, events };
}

function unpullable(container: ContainerAt): Moment {
  const { ageMs, image } = container;
  if (ageMs < startMs) return creating(container);
  const why = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  const { containerID: _, ...rest } = base(container);
  const waiting = (reason: string, message: string): ContainerStatus => ({
    ...rest,
    imageID: '',
    state: { waiting: { reason, message } },
  });
  const events: Noted[] = [
    { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` },
    { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": ${why}` },
    { type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' },
  ];
  if (ageMs < startMs + pullMs) {
    return { status: waiting('ErrImagePull', why), events, nextMs: startMs + pullMs };
  }
  const backingOff = `Back-off pulling image "${image}"`;
  return {
    status: waiting('ImagePullBackOff', `${backingOff}: ErrImagePull: ${why}`),
    events: [
      ...events,
      { type: 'Normal', reason: 'BackOff', message: backingOff },
      { type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' },
    ],
  };
}

function crashing(container: ContainerAt): Moment {
  const { ageMs, takenAt, name, podLabel, podUid } = container;
  if (ageMs < startMs) return creating(container);
  let began = startMs;
  let restartCount = 0;
  for (;;) {
    const ended = began + runMs;
    const backOffMs = backOffsMs[Math.min(restartCount, backOffsMs.length - 1)] ?? 0;
    const times = { startedAt: kubeTime(takenAt + began), finishedAt: kubeTime(takenAt + ended) };
    const containerID = `sandbox://${podUid}/${name}`;
    const terminated = { exitCode: 1, reason: 'Error', ...times, containerID };
    const lastState = restartCount > 0 ? { terminated } : {};
    if (ageMs < ended) {
      const state = { running: { startedAt: times.startedAt } };
      const status = { ...base(container), started: true, restartCount, lastState, state };
      const started = { type: 'Normal', reason: 'Started', message: `Started container ${name}` } as const;
      return { status, events: [started], nextMs: ended };
    }
    if (ageMs < ended + backOffMs) {
      const message = `back-off ${backOffMs / 1000}s restarting failed container=${name} pod=${podLabel}`;
      const state = { waiting: { reason: 'CrashLoopBackOff', message } };
      const status = { ...base(container), restartCount, lastState: { terminated }, state };
      const words = `Back-off restarting failed container ${name} in pod ${podLabel}`;
      return {
        status,
        events: [{ type: 'Warning', reason: 'BackOff', message: words }],
        nextMs: ended + backOffMs,
      };
    }
    began = ended + backOffMs;
    restartCount++;
  }
}
