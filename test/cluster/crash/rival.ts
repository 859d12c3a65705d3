import type { JobResult, RunningStep } from '../../agent/test-agent.ts';
import type { Shop } from '../world.ts';
import { type CrashScenario, releaseThrough } from './crash-scenario.ts';
import { type Interruption, thaw } from './interruption.ts';
import { isWrite, type NumberedRequest, NumberingProxy } from './numbering-proxy.ts';

/** The lost run is of one pipeline run, whoever comes after it of another. */
export const nextRun = { 'Build.BuildId': '77' };

/** The other run of a race: the same release, through a proxy of its own, so that it is known who wrote what. */
export class Rival {
  #job: Promise<JobResult> | undefined;
  /** When it began to write, and when it had ended. */
  #wrote: number | undefined;
  #ended = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly proxy: NumberingProxy,
    private readonly shop: Shop,
    private readonly scenario: CrashScenario,
    private readonly interruption: Interruption,
  ) {}

  static async ready(shop: Shop, scenario: CrashScenario, interruption: Interruption): Promise<Rival> {
    return new Rival(await NumberingProxy.start(shop.world.cluster), shop, scenario, interruption);
  }

  /** Begins. The first run goes on once this one writes more than the lock, if it stands still. */
  start(first: Promise<RunningStep>): void {
    const goOn = () => {
      this.#wrote ??= Date.now();
      void first.then(thaw);
    };
    this.proxy.interference = {
      before: request => {
        if (isWrite(request) && !isLock(request)) goOn();
        return undefined;
      },
    };
    const lockTimeout = this.interruption === 'race waiting' ? '120s' : '0';
    this.#job = releaseThrough(
      this.proxy,
      this.shop,
      this.scenario,
      { variables: nextRun },
      { lockTimeout },
    ).finally(() => {
      this.#ended = Date.now();
      goOn();
    });
    this.#job.catch(() => {});
  }

  /** Its job, to the end; absent where it never began. */
  get job(): Promise<JobResult> | undefined {
    return this.#job;
  }

  /** What the first run changed while this one was at work, after it had taken over; but for the stop, which is never wrong. */
  writesBesides(requests: readonly NumberedRequest[]): readonly string[] {
    if (this.interruption !== 'race frozen') return [];
    const [from, to] = [this.#wrote ?? this.#ended, this.#ended];
    return requests
      .filter(request => isWrite(request) && request.at > from && request.at < to)
      .filter(({ status, isStop }) => status !== undefined && status < 300 && isStop !== true)
      .map(({ method, path }) => `the first run wrote: ${method} ${path}`);
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
  }
}

function isLock({ path }: NumberedRequest): boolean {
  return path.startsWith('/apis/coordination.k8s.io/');
}
