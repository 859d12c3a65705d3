import { Duration } from './duration.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Step } from './spec.ts';
import { describe } from './tally.ts';
import type { Measurement } from './verdict.ts';
import type { Webhook } from './webhook.ts';

/** Whether a step may be left. */
export type GateState =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'over'; readonly reason: string; readonly measurement: Measurement };

/** The gates at the end of a step: somebody else says when the weight may rise, or the canary be promoted. */
export class Gates {
  readonly #context: ReleaseContext;
  readonly #step: Step;
  readonly #awake: AbortSignal;
  #since: number | undefined;

  /** `awake` aborts when nobody must wait for an answer any more. */
  constructor(context: ReleaseContext, step: Step, awake: AbortSignal) {
    this.#context = context;
    this.#step = step;
    this.#awake = awake;
  }

  /** Whether they have been asked, and have time left to open. */
  get areAwaited(): boolean {
    const limits = this.#gates.map(({ limit }) => limit.milliseconds);
    return this.#since !== undefined && this.#waited.milliseconds < Math.max(0, ...limits);
  }

  /** Asks all of them and tells what they say. From the first time on each has its limit to open. */
  async ask(elapsed: Duration): Promise<GateState> {
    const { webhooks, clock } = this.#context.ports;
    const gates = this.#gates;
    if (webhooks === undefined || gates.length === 0) return { kind: 'open' };
    this.#since ??= clock.now();
    const { weight } = this.#step;
    const facts = { weight: weight.percent };
    const answers = await this.#context.while(webhooks.ask('gate', facts, this.#awake));
    if (this.#awake.aborted) return { kind: 'closed' };
    const waited = this.#waited;
    for (const measurement of answers) this.#context.tell({ type: 'measured', weight, elapsed, measurement });
    const closed = answers.filter(({ verdict }) => verdict !== 'pass');
    const over = closed.find(({ check }) =>
      gates.some(({ name, limit }) => name === check && !waited.isShorterThan(limit)),
    );
    if (over !== undefined) {
      const reason = `the gate did not open within ${waited.toClock()}: ${describe(over)}`;
      return { kind: 'over', reason, measurement: over };
    }
    return { kind: closed.length === 0 ? 'open' : 'closed' };
  }

  get #gates(): readonly Webhook[] {
    return this.#context.ports.webhooks?.of('gate') ?? [];
  }

  get #waited(): Duration {
    const { clock } = this.#context.ports;
    return Duration.milliseconds(Math.max(0, clock.now() - (this.#since ?? clock.now())));
  }
}
