import { toCanaryErrors } from './errors.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Measurement } from './verdict.ts';

/**
 * Watches the canary's pods while users are on them, beside all other checks: a crash loop or a canary without a ready pod
 * needs no Prometheus and no interval to be seen.
 */
export class PodAlarm {
  /** Resolves to the failed check when the pods certainly can't serve. Never rejects; stays open when nothing happens. */
  readonly raised: Promise<Measurement>;
  readonly #stop = new AbortController();
  readonly #rung = new AbortController();
  #measurement: Measurement | undefined;

  constructor(context: ReleaseContext) {
    const { cluster } = context.ports;
    const workloads = context.plan.workloads.map(({ canary }) => canary);
    this.raised = new Promise(resolve => {
      cluster
        .awaitTrouble(workloads, {
          signal: AbortSignal.any([context.signal, this.#stop.signal]),
          onBlind: text => context.tell({ type: 'notice', text }),
        })
        .catch(error => {
          context.tell({
            type: 'notice',
            text: toCanaryErrors(error)
              .map(({ message }) => message)
              .join('; '),
          });
        })
        .then(sign => {
          if (typeof sign !== 'string' || this.#stop.signal.aborted) return;
          const detail = sign;
          this.#measurement = {
            check: 'pods',
            verdict: 'fail',
            value: 'not healthy',
            detail,
            actsAtOnce: true,
          };
          this.#rung.abort();
          resolve(this.#measurement);
        });
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

  /** From now on pods that end are meant to. */
  stop(): void {
    this.#stop.abort();
  }
}
