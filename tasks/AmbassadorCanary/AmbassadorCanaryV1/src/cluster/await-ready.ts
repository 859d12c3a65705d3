import { setMaxListeners } from 'node:events';
import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { Clock, WaitOptions } from '../release/ports.ts';
import { within } from '../release/within.ts';
import type { Collection, Listing } from './collection.ts';
import { follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { lookForReason } from './look-for-reason.ts';
import { type Awaited, Rollouts } from './rollouts.ts';

/** After this time, twice it and so on up to a minute, the pods of what is not ready are looked at for a reason. */
const slow = Duration.seconds(15);
/** At the end the truth and its reason are worth waiting for, but not for long. */
const lastLook = Duration.seconds(10);
/** What ails many is mostly the same, so the reasons of a few tell enough. */
const explainedAtOnce = 3;

export interface ReadyOptions extends WaitOptions {
  /** A workload as a write of ours has just left it: what follows is watched from there on. */
  readonly written?: (ref: ObjectRef) => KubeObject | undefined;
}

/** `Cluster.awaitReady` for Deployments. One watch a namespace, whatever their number. */
export async function awaitReady(
  api: KubeApi,
  clock: Clock,
  workloads: readonly ObjectRef[],
  options: ReadyOptions,
): Promise<void> {
  const { signal, timeout, onProgress = () => {}, written = () => undefined } = options;
  const rollouts = new Rollouts(workloads, onProgress);
  const stop = new AbortController();
  // Each namespace listens to it a few times, and Node 20 takes more than ten listeners for a leak.
  setMaxListeners(0, stop.signal);
  const cancel = () => stop.abort();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (signal?.aborted) throw cancelled(workloads);
    const outcome = await Promise.race([
      Promise.all(byNamespace(workloads).map(watch)).then(() => 'ready' as const),
      // Also wakes at once when cancelled.
      clock.sleep(timeout, stop.signal).then(() => 'late' as const),
      explainWhileSlow(),
    ]);
    if (signal?.aborted) throw cancelled(workloads);
    if (outcome === 'ready') return;
    // A watch may have died without a word: what counts at the end is what the cluster says now.
    await within(clock, lastLook, lookOnceMore());
    if (rollouts.late().length > 0) throw notReady(rollouts.late(), `within ${timeout}`);
  } finally {
    signal?.removeEventListener('abort', cancel);
    stop.abort();
  }

  async function watch(group: readonly [ObjectRef, ...ObjectRef[]]): Promise<void> {
    for await (const change of follow(api, clock, collectionOf(group), stop.signal, known(group))) {
      if (change.type === 'listed') rollouts.seeAll(group, change.objects);
      else if (change.type === 'changed') rollouts.see(change.object);
      else rollouts.miss(refOf(change.object));
      if (rollouts.hopeless() !== undefined) {
        await within(clock, lastLook, explain());
        throw hopeless(rollouts);
      }
      if (rollouts.late(group).length === 0) return;
    }
  }

  /** Of several, each write would be another moment. */
  function known([ref, ...others]: readonly [ObjectRef, ...ObjectRef[]]): Listing | undefined {
    const object = others.length === 0 ? written(ref) : undefined;
    const resourceVersion = object?.metadata.resourceVersion;
    return object && resourceVersion !== undefined ? { objects: [object], resourceVersion } : undefined;
  }

  async function explainWhileSlow(): Promise<never> {
    for (let pause = slow; ; pause = pause.isShorterThan(Duration.minutes(1)) ? pause.times(2) : pause) {
      await clock.sleep(pause, stop.signal);
      if (stop.signal.aborted) return new Promise(() => {});
      await explain();
    }
  }

  async function explain(): Promise<void> {
    for (const { ref, object } of rollouts.late().slice(0, explainedAtOnce)) {
      const reason = object && (await lookForReason(api, object, stop.signal));
      if (reason !== undefined && !stop.signal.aborted) rollouts.explain(ref, reason);
    }
  }

  async function lookOnceMore(): Promise<void> {
    try {
      for (const group of byNamespace(workloads)) {
        rollouts.seeAll(group, (await api.list(collectionOf(group), stop.signal)).objects);
      }
      await explain();
    } catch {
      // The time is over either way; what was seen last is what can be said.
    }
  }
}

function byNamespace(workloads: readonly ObjectRef[]): readonly (readonly [ObjectRef, ...ObjectRef[]])[] {
  const groups = new Map<string, [ObjectRef, ...ObjectRef[]]>();
  for (const ref of workloads) {
    const key = `${ref.apiVersion}|${ref.kind}|${ref.namespace ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [ref]);
    else group.push(ref);
  }
  return [...groups.values()];
}

/** A single one is watched by its name: less to read, and a Role may allow no more. */
function collectionOf(group: readonly [ObjectRef, ...ObjectRef[]]): Collection {
  const [{ name, ...place }, ...others] = group;
  return others.length === 0 ? { ...place, fieldSelector: `metadata.name=${name}` } : place;
}

function cancelled(workloads: readonly ObjectRef[]): CanaryError {
  return new CanaryError('CANCELLED', `Cancelled while waiting for ${namesOf(workloads)}`);
}

function hopeless(rollouts: Rollouts): CanaryError {
  const lost = rollouts.hopeless();
  if (lost?.object === undefined) {
    return new CanaryError('ROLLOUT_NOT_READY', `${lost?.ref.name} was deleted while its pods were awaited`, {
      hint: 'Find out who deleted it, and run the release again',
    });
  }
  return notReady([lost], 'within its progressDeadlineSeconds');
}

function notReady(late: readonly Awaited[], when: string): CanaryError {
  const found = late
    .slice(0, explainedAtOnce)
    .map(({ ref, object, rollout, reason }) => {
      const state = object === undefined ? 'does not exist' : (rollout?.detail ?? 'not seen');
      return `${late.length > 1 ? `${ref.name}: ` : ''}${[state, reason].filter(Boolean).join('; ')}`;
    })
    .join(' | ');
  return new CanaryError(
    'ROLLOUT_NOT_READY',
    `${namesOf(late.map(({ ref }) => ref))} did not get ready ${when}`,
    {
      expected: 'all pods of the latest version available',
      found,
      hint: 'Correct what it names (kubectl describe pod and kubectl logs tell more), or raise rolloutTimeout',
    },
  );
}

/** `web-canary`, or `a, b, c and 4 more`. */
function namesOf(refs: readonly ObjectRef[]): string {
  const names = refs.slice(0, explainedAtOnce).map(({ name }) => name);
  const more = refs.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
