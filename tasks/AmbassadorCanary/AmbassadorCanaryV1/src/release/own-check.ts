import type { Duration } from './duration.ts';

/** What it means for an own check that there is no data. */
export const onNoDataWords = ['inconclusive', 'pass', 'fail'] as const;
export type OnNoData = (typeof onNoDataWords)[number];

/** A question of the user's own: a query whose values must lie within limits, these included. At least one is given. */
export interface OwnCheck {
  readonly name: string;
  /** PromQL with placeholders: `sum(queue_depth{pod=~"{{canary}}-.*"})`. */
  readonly query: string;
  readonly min?: number;
  readonly max?: number;
  readonly onNoData: OnNoData;
  /** It is measured and told, and decides nothing. */
  readonly dryRun: boolean;
  /** Absent for the release's own. */
  readonly failureThreshold?: number;
  /** The time between two measurements; absent for the release's own, and never shorter than that. */
  readonly interval?: Duration;
}
