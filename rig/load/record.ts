import { type Answer, isFailed } from './answer.ts';
import { percentile } from './percentile.ts';
import { type Share, wilson } from './wilson.ts';

/** A span of intended times in milliseconds since the epoch: `from` belongs to it, `to` does not. Default: everything. */
export interface Window {
  readonly from?: number;
  readonly to?: number;
}

/** All answers of a load, with the questions that a test has about them. */
export class LoadRecord {
  readonly #answers: Answer[] = [];

  add(answers: readonly Answer[]): void {
    for (const answer of answers) this.#answers.push(answer);
  }

  /** The answers of a window, by intended time. */
  answers({ from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Window = {}): Answer[] {
    return this.#answers
      .filter(({ intendedAt }) => intendedAt >= from && intendedAt < to)
      .sort((a, b) => a.intendedAt - b.intendedAt);
  }

  /** The requests that were lost. */
  failed(window?: Window): Answer[] {
    return this.answers(window).filter(isFailed);
  }

  /** The share of answers that came from a version, among all requests of the window. */
  shareOf(version: string, window?: Window): Share {
    const answers = this.answers(window);
    return wilson(answers.filter(answer => answer.version === version).length, answers.length);
  }

  /** The first answer of a version in the window. */
  first(version: string, window?: Window): Answer | undefined {
    return this.answers(window).find(answer => answer.version === version);
  }

  /** The last answer of a version in the window. */
  last(version: string, window?: Window): Answer | undefined {
    return this.answers(window).findLast(answer => answer.version === version);
  }

  /** The latency in milliseconds that `percent` of the answers did not exceed; NaN without answers. */
  percentile(percent: number, window?: Window): number {
    return percentile(
      this.answers(window).map(({ latencyMs }) => latencyMs),
      percent,
    );
  }

  /** How many answers there were of each kind: `200 v2`, `503`, `ECONNRESET`. */
  kinds(window?: Window): Record<string, number> {
    const kinds: Record<string, number> = {};
    for (const { status, error, version } of this.answers(window)) {
      const kind = [status ?? error, version].filter(part => part !== undefined).join(' ');
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return kinds;
  }
}
