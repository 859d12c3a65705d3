import { AgentLost } from '../../agent/lost-agent.ts';
import type { JobResult, RunningStep } from '../../agent/test-agent.ts';
import type { Shop } from '../world.ts';
import { type CrashScenario, releaseThrough } from './crash-scenario.ts';
import { type Interruption, interfere, losesAgent, type Where } from './interruption.ts';
import type { NumberedRequest, NumberingProxy } from './numbering-proxy.ts';
import type { Rival } from './rival.ts';
import type { StopReason } from './stop-time.ts';

/** What became of the run that was interrupted. */
export interface InterruptedRun {
  readonly log: string;
  /** Absent where the agent was lost. */
  readonly job?: JobResult;
  /** Absent where no such request came. */
  readonly request?: NumberedRequest;
  /** Why the traffic had to go, if it had. */
  readonly reason?: StopReason;
}

/** A release that is interrupted at the first such request, to the end of its job. */
export async function interruptedRun(
  proxy: NumberingProxy,
  shop: Shop,
  scenario: CrashScenario,
  { interruption, where, rival }: { interruption: Interruption; where: Where; rival: Rival },
): Promise<InterruptedRun> {
  const lines: string[] = [];
  let tell: (step: RunningStep) => void = () => {};
  const step = new Promise<RunningStep>(started => {
    tell = started;
  });
  let request: NumberedRequest | undefined;
  let reason: StopReason | undefined;
  let promoting = false;
  const stopped = (kind: StopReason['kind']) => {
    reason ??= { kind, at: Date.now(), promoting };
  };
  proxy.interference = interfere(interruption, where, {
    step,
    startRival: () => rival.start(step),
    onInterruption: met => {
      request = met;
      if (interruption === 'cancel') stopped('cancel');
      if (interruption.startsWith('guard')) stopped('guard');
    },
  });
  let job: JobResult | undefined;
  try {
    job = await releaseThrough(proxy, shop, scenario, {
      during: step => tell(step),
      onLine: line => {
        lines.push(`${new Date().toISOString().slice(11, 23)} ${line}`);
        if (line.startsWith('##[section]Promoting')) promoting = true;
        // The measurement is told before the stop, the rollback after it.
        if (/^ +\d+ % .* fail$/.test(line)) stopped('rollback');
      },
      // With the agent goes the post-job entry.
      afterMain: ({ signal }) => {
        if (losesAgent(interruption) && signal !== null) throw new AgentLost();
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof AgentLost)) throw thrown;
  }
  return {
    log: [...lines, job?.main.stderr, job?.postJob?.stderr].join('\n'),
    ...(job && { job }),
    ...(request && { request }),
    ...(reason && { reason }),
  };
}
