import type { Measurement } from './verdict.ts';
import { wholeNumber } from './whole-number.ts';

export interface TallyRules {
  readonly failureThreshold: number;
  readonly consecutiveErrorLimit: number;
}

/** What the measurements of a step amount to so far. */
export type Standing =
  /** The latest answer of every check is a pass; also when there are no checks. */
  | { readonly kind: 'passing' }
  /** Not all is well, but stable is no better: the step may go on with a warning, `at-once` or once it was extended. */
  | { readonly kind: 'doubtful'; readonly measurement: Measurement; readonly goesOn: GoesOn }
  /** At least one check has no clear answer yet. */
  | { readonly kind: 'open'; readonly measurement: Measurement }
  /** A check could not be asked too many times in a row. */
  | { readonly kind: 'unanswered'; readonly measurement: Measurement; readonly times: number }
  | { readonly kind: 'failed'; readonly measurement: Measurement };

type GoesOn = NonNullable<Measurement['goesOn']>;

interface Streak {
  failures: number;
  errors: number;
}

/**
 * Counts what the checks of one step have said. Known counts decide at once; a bare value has to fail
 * `failureThreshold` times in a row, and any other answer in between starts its row anew.
 */
export class Tally {
  readonly #streaks = new Map<string, Streak>();
  /** What each check said last: not every check is asked in every round. */
  readonly #standings = new Map<string, Standing>();

  constructor(private readonly rules: TallyRules) {}

  /** Takes the answers of one round and says where the step stands. The worst standing of all checks counts. */
  add(round: readonly Measurement[]): Standing {
    for (const measurement of round) {
      if (measurement.dryRun !== true && measurement.late !== true)
        this.#standings.set(measurement.check, this.#standingOf(measurement));
    }
    let worst: Standing = { kind: 'passing' };
    for (const standing of this.#standings.values()) if (rank(standing) > rank(worst)) worst = standing;
    return worst;
  }

  #standingOf(measurement: Measurement): Standing {
    const streak = this.#streaks.get(measurement.check) ?? { failures: 0, errors: 0 };
    this.#streaks.set(measurement.check, streak);
    streak.failures = measurement.verdict === 'fail' ? streak.failures + 1 : 0;
    streak.errors = measurement.verdict === 'error' ? streak.errors + 1 : 0;
    switch (measurement.verdict) {
      case 'pass':
        return { kind: 'passing' };
      case 'inconclusive':
        return measurement.goesOn === undefined
          ? { kind: 'open', measurement }
          : { kind: 'doubtful', measurement, goesOn: measurement.goesOn };
      case 'fail':
        return measurement.actsAtOnce ||
          streak.failures >= (measurement.failureThreshold ?? this.rules.failureThreshold)
          ? { kind: 'failed', measurement }
          : { kind: 'open', measurement };
      case 'error':
        return streak.errors >= this.rules.consecutiveErrorLimit
          ? { kind: 'unanswered', measurement, times: streak.errors }
          : { kind: 'open', measurement };
    }
  }
}

function rank(standing: Standing): number {
  const kind = standing.kind === 'doubtful' ? standing.goesOn : standing.kind;
  return ['passing', 'at-once', 'after-waiting', 'open', 'unanswered', 'failed'].indexOf(kind);
}

/** `success-rate 97.12 % (limit ≥ 99 %, 1 204 requests): detail`, for the sentences that say why. */
export function describe(measurement: Measurement): string {
  const facts = [
    measurement.limit === undefined ? undefined : `limit ${measurement.limit}`,
    measurement.requests ? `${wholeNumber(measurement.requests)} requests` : undefined,
  ].filter(fact => fact !== undefined);
  const value = `${measurement.check} ${measurement.value}`;
  const story = facts.length > 0 ? `${value} (${facts.join(', ')})` : value;
  return measurement.detail === undefined ? story : `${story}: ${measurement.detail}`;
}
