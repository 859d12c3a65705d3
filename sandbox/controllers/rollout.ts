import { at, type KubeObject } from '../objects.ts';

/** A ReplicaSet, as far as a rollout looks at it. */
export interface ReplicaCount {
  readonly name: string;
  /** How many it should have. */
  readonly replicas: number;
  /** How many are available. */
  readonly available: number;
}

/** How far a rollout may leave the number of replicas, in pods. */
export interface Bounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Which ReplicaSets get another size now, by name. Empty when there is nothing to do until pods change. */
export type Scales = ReadonlyMap<string, number>;

/**
 * The bounds of a Deployment: a percentage of surge is rounded up, one of unavailability down, and where both come to none, one pod
 * may be missing (`ResolveFenceposts`).
 */
export function boundsOf(deployment: KubeObject): Bounds {
  if (at(deployment, 'spec', 'strategy', 'type') === 'Recreate') {
    return { maxSurge: 0, maxUnavailable: replicasOf(deployment) };
  }
  const rolling = at(deployment, 'spec', 'strategy', 'rollingUpdate');
  const replicas = replicasOf(deployment);
  const maxSurge = podsOf(at(rolling, 'maxSurge'), replicas, Math.ceil);
  const maxUnavailable = podsOf(at(rolling, 'maxUnavailable'), replicas, Math.floor);
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

export function replicasOf(object: KubeObject): number {
  return Number(at(object, 'spec', 'replicas') ?? 0);
}

function podsOf(value: unknown, replicas: number, round: (amount: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? 0 : round((replicas * Number(percent)) / 100);
}

/** The size that the new ReplicaSet may have while old pods are there (`NewRSNewReplicas`). */
export function newSize(
  replicas: number,
  bounds: Bounds,
  current: ReplicaCount,
  old: readonly ReplicaCount[],
): number {
  if (current.replicas >= replicas) return replicas;
  const room = replicas + bounds.maxSurge - sum(old.map(set => set.replicas)) - current.replicas;
  return current.replicas + Math.max(0, Math.min(room, replicas - current.replicas));
}

/**
 * The next step of a rolling update (`rolling.go`): the new ReplicaSet grows as far as the surge lets it; else old ones shrink, first
 * by what is not available in them, then as far as enough pods stay available. `old` is in the order of creation.
 */
export function nextStep(
  replicas: number,
  bounds: Bounds,
  current: ReplicaCount,
  old: readonly ReplicaCount[],
): Scales {
  const grown = newSize(replicas, bounds, current, old);
  if (grown !== current.replicas) return new Map([[current.name, grown]]);
  const needed = replicas - bounds.maxUnavailable;
  const all = current.replicas + sum(old.map(set => set.replicas));
  const spare = all - needed - (current.replicas - current.available);
  if (spare <= 0) return new Map();

  const sizes = new Map(old.map(set => [set.name, set.replicas]));
  let toClean = spare;
  for (const set of old) {
    const cleaned = Math.min(toClean, Math.max(0, set.replicas - set.available));
    sizes.set(set.name, set.replicas - cleaned);
    toClean -= cleaned;
  }
  let toEnd = current.available + sum(old.map(set => set.available)) - needed;
  for (const set of old) {
    const size = sizes.get(set.name) ?? 0;
    const ended = Math.min(size, Math.max(0, toEnd));
    sizes.set(set.name, size - ended);
    toEnd -= ended;
  }
  return new Map(
    old.filter(set => sizes.get(set.name) !== set.replicas).map(set => [set.name, sizes.get(set.name) ?? 0]),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
