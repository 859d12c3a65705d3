import type { Weight } from './weight.ts';

/** A share of requests that comes of numbers: of `all` ready pods behind a Service, `canary` are the canary's. */
export interface PodShare {
  /** Stable's workload. */
  readonly workload: string;
  readonly canary: number;
  readonly all: number;
}

/** How many pods there may be above stable's own. `auto`: as many as stable has, so that half of the requests can be reached. */
export type SurgeLimit = number | 'auto';

/**
 * The number of canary pods beside so many of stable whose share comes closest to the weight: never none, because a canary
 * without a pod proves nothing, and never more than the limit, because stable keeps its own. Of two that are equally close the smaller.
 */
export function closestPods(stable: number, weight: Weight, limit: SurgeLimit): number {
  const most = Math.max(1, limit === 'auto' ? stable : limit);
  if (weight.percent === 100) return most;
  const exact = (stable * weight.percent) / (100 - weight.percent);
  const within = (pods: number) => Math.min(most, Math.max(1, pods));
  const [fewer, more] = [within(Math.floor(exact)), within(Math.ceil(exact))];
  // Compared as fractions of whole numbers, for a tie must be one.
  const miss = (pods: number) => Math.abs(100 * pods - weight.percent * (stable + pods));
  return miss(fewer) * (stable + more) <= miss(more) * (stable + fewer) ? fewer : more;
}

/** The share in percent: 20 for 1 of 5. */
export function percentOf({ canary, all }: Pick<PodShare, 'canary' | 'all'>): number {
  return all === 0 ? 0 : (100 * canary) / all;
}

/** `25 % asked, 20 % reached: 1 of 5 pods` */
export function shareText(weight: Weight, share: Pick<PodShare, 'canary' | 'all'>): string {
  return `${weight} asked, ${percentText(share)} reached: ${podsText(share)}`;
}

/** `16.7 %` */
export function percentText(share: Pick<PodShare, 'canary' | 'all'>): string {
  return `${Math.round(10 * percentOf(share)) / 10} %`;
}

/** `1 of 5 pods` */
export function podsText({ canary, all }: Pick<PodShare, 'canary' | 'all'>): string {
  return `${canary} of ${all} ${all === 1 ? 'pod' : 'pods'}`;
}
