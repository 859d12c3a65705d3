import { footingOf } from './drift.ts';
import { toCanaryErrors } from './errors.ts';
import type { TroubleOptions } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Measurement } from './verdict.ts';

/** Rejects what an alarm ends. */
export class AlarmRaised extends Error {
  override readonly name = 'AlarmRaised';

  constructor(readonly measurement: Measurement) {
    super(measurement.detail);
  }
}

/**
 * Watches, beside all other checks, what needs no Prometheus and no interval to be seen: the canary's pods, which crash or are not
 * ready (check `pods`), and that nobody else changes what the release stands on (check `drift`).
 */
export class Alarm {
  /** Resolves to the failed check when there is a certain sign. Never rejects; stays open when nothing happens. */
  readonly raised: Promise<Measurement>;
  readonly #stop = new AbortController();
  readonly #rung = new AbortController();
  #measurement: Measurement | undefined;

  /** From now on; the canary's pods are ready, and its routes are about to be opened. */
  constructor(context: ReleaseContext) {
    const { cluster } = context.ports;
    const workloads = context.plan.workloads.map(({ canary }) => canary);
    const footing = footingOf(context);
    this.raised = new Promise(resolve => {
      const ring = (check: string, value: string, detail: string) => {
        if (this.#measurement !== undefined || this.#stop.signal.aborted) return;
        this.#measurement = { check, verdict: 'fail', value, detail, actsAtOnce: true };
        this.#rung.abort();
        resolve(this.#measurement);
      };
      this.#watch(context, options => cluster.awaitTrouble(workloads, options)).then(
        sign => sign !== undefined && ring('pods', 'not healthy', sign),
      );
      this.#watch(context, options => cluster.awaitDrift(footing, options)).then(
        sign => sign !== undefined && ring('drift', 'found', sign),
      );
    });
  }

  /** Aborted when the alarm is raised. */
  get signal(): AbortSignal {
    return this.#rung.signal;
  }

  /** The failed check, once there is one. */
  get measurement(): Measurement | undefined {
    return this.#measurement;
  }

  /** The result of `work`, unless the alarm is raised first: then rejects at once with `AlarmRaised`. */
  async unlessRaised<T>(work: Promise<T>): Promise<T> {
    const alarmed = this.raised.then((measurement): never => {
      throw new AlarmRaised(measurement);
    });
    const result = await Promise.race([work, alarmed]);
    if (this.#measurement !== undefined) throw new AlarmRaised(this.#measurement);
    return result;
  }

  /** From now on pods that end are meant to, and so are changes of stable. */
  stop(): void {
    this.#stop.abort();
  }

  async #watch(
    context: ReleaseContext,
    until: (options: TroubleOptions) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const notice = (text: string) => context.tell({ type: 'notice', text });
    try {
      const signal = AbortSignal.any([context.signal, this.#stop.signal]);
      return await until({ signal, onBlind: notice });
    } catch (thrown) {
      notice(
        toCanaryErrors(thrown)
          .map(({ message }) => message)
          .join('; '),
      );
      return undefined;
    }
  }
}
