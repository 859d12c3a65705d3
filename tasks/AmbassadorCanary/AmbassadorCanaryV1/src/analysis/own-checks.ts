import { Duration } from '../release/duration.ts';
import { CanaryError, throwIfAny, toCanaryErrors } from '../release/errors.ts';
import type { OwnCheck } from '../release/own-check.ts';
import type { Clock } from '../release/ports.ts';
import type { Measurement } from '../release/verdict.ts';
import { type QueryNames, renderQuery } from './own-check-query.ts';
import { answerOwnCheck, ownUnanswered, whyNoNumber } from './own-check-verdict.ts';
import { QueryRefused } from './prometheus-reply.ts';
import type { Prometheus, QueryResult } from './query-result.ts';

export interface OwnChecksOptions {
  readonly checks: readonly OwnCheck[];
  /** The changed workloads: a query that names one of them is asked for each. */
  readonly workloads: readonly [QueryNames, ...QueryNames[]];
  /** The time between two rounds of measurements. */
  readonly interval: Duration;
  readonly clock: Clock;
}

/** A check as it is asked of one workload, or of all. */
interface Question {
  readonly check: OwnCheck;
  readonly names: QueryNames;
  /** When it was last asked in this window, by the clock. */
  askedAt: number | undefined;
}

/** Answers the user's own checks from Prometheus. */
export class OwnChecks {
  readonly #prometheus: Prometheus;
  readonly #clock: Clock;
  readonly #interval: Duration;
  readonly #questions: readonly Question[];
  #began: number;

  constructor(prometheus: Prometheus, { checks, workloads, interval, clock }: OwnChecksOptions) {
    this.#prometheus = prometheus;
    this.#clock = clock;
    this.#interval = interval;
    this.#began = clock.now();
    this.#questions = checks.flatMap(check => questionsOf(check, workloads));
  }

  /**
   * To be called before the first write: asks each query once. An empty answer is fine, for there is no canary yet. Rejects with
   * every query that Prometheus refuses or that comes to no number, or with why Prometheus can't be asked.
   */
  async preflight(): Promise<void> {
    const problems = await Promise.all(this.#questions.map(question => this.#problemOf(question)));
    throwIfAny(problems.flat());
  }

  /** From now on `{{window}}` counts from now. */
  startWindow(): void {
    this.#began = this.#clock.now();
    for (const question of this.#questions) question.askedAt = undefined;
  }

  /** One measurement for each check that is due, in their order. Never rejects. */
  async measure(): Promise<readonly Measurement[]> {
    const now = this.#clock.now();
    const window = Duration.milliseconds(Math.max(0, now - this.#began));
    const due = this.#questions.filter(question => this.#isDue(question, now));
    return Promise.all(
      due.map(async question => {
        question.askedAt = now;
        return this.#answer(question, window);
      }),
    );
  }

  /** Rounds come a little early and late: a check is due in the one that is nearest to its time. */
  #isDue({ check, askedAt }: Question, now: number): boolean {
    if (check.interval === undefined) return true;
    const since = now - (askedAt ?? this.#began);
    return since >= check.interval.milliseconds - this.#interval.milliseconds / 2;
  }

  async #answer(question: Question, window: Duration): Promise<Measurement> {
    const query = renderQuery(question.check.query, question.names, window);
    try {
      return { ...answerOwnCheck(question.check, await this.#prometheus.query(query)), query };
    } catch (thrown) {
      const reasons = toCanaryErrors(thrown).map(({ message, found }) =>
        found === undefined ? message : `${message}: ${found}`,
      );
      return { ...ownUnanswered(question.check, reasons.join('. ')), query };
    }
  }

  async #problemOf(question: Question): Promise<readonly CanaryError[]> {
    const { check } = question;
    try {
      const reason = whyNoNumber(await this.#ask(question, this.#interval));
      return reason === undefined ? [] : [invalidQuery(check, 'one number, or one for each series', reason)];
    } catch (thrown) {
      if (!(thrown instanceof QueryRefused)) return toCanaryErrors(thrown);
      return [invalidQuery(check, 'a query that Prometheus takes', thrown.words)];
    }
  }

  async #ask({ check, names }: Question, window: Duration): Promise<QueryResult> {
    return this.#prometheus.query(renderQuery(check.query, names, window));
  }
}

/** One question for each workload that the query is about; the workload is then named, for a check is known by its name. */
function questionsOf(check: OwnCheck, workloads: readonly QueryNames[]): readonly Question[] {
  const queries = workloads.map(names => renderQuery(check.query, names, Duration.zero));
  const different = workloads.filter((_, i) => queries.indexOf(queries[i] ?? '') === i);
  return different.map(names => ({
    check: different.length === 1 ? check : { ...check, name: `${check.name} of ${names.stable}` },
    names,
    askedAt: undefined,
  }));
}

function invalidQuery({ name }: OwnCheck, expected: string, found: string): CanaryError {
  return new CanaryError('INPUT_INVALID', `Input \`checks\` can't be used: the query of ${name}`, {
    expected,
    found,
    hint: 'Try it on the page of Prometheus, with the names of the workload in place of {{…}}',
  });
}
