import { otherJudge } from './other-judges.ts';
import { ourJudge } from './our-judge.ts';
import type { Scenario } from './scenarios.ts';
import { SimulatedTraffic } from './simulated-traffic.ts';

export const judges = ['ours', 'flagger', 'argo', 'threshold'] as const;
export type JudgeName = (typeof judges)[number];

/** How a judge did in a scenario, over all runs. */
export interface Decision {
  readonly scenario: string;
  readonly good: boolean;
  readonly bursty: boolean;
  readonly judge: JudgeName;
  /** The share of releases that were taken back. */
  readonly rolledBack: number;
  /** Failed requests of the canary in a release, on average; slow ones where slowness is what is wrong. */
  readonly failedRequests: number;
  /** From the first weight to the rollback, on average of those that were taken back; 0 where none was. */
  readonly seconds: number;
}

/** As far back as the step looks at stable, in seconds. */
const wholePast = 3600;
/** Others look no further back than this. */
const shortPast = 60;

/** Lets a judge decide about so many releases of a scenario. The same runs come to the same decision. */
export async function decide(scenario: Scenario, judge: JudgeName, runs: number): Promise<Decision> {
  let rolledBack = 0;
  let seconds = 0;
  let harm = 0;
  for (let run = 0; run < runs; run++) {
    const past = judge === 'ours' && scenario.hasPast ? wholePast : shortPast;
    const traffic = new SimulatedTraffic(scenario, seedOf(scenario.name, run), past);
    const isOver =
      judge === 'ours' ? await ourJudge(scenario, traffic) : otherJudge(judge, scenario, traffic);
    harm += traffic.harm;
    if (!isOver) continue;
    rolledBack++;
    seconds += traffic.now;
  }
  const { name, good, bursty } = scenario;
  return {
    scenario: name,
    good,
    bursty,
    judge,
    rolledBack: rolledBack / runs,
    failedRequests: Math.round((10 * harm) / runs) / 10,
    seconds: rolledBack === 0 ? 0 : Math.round(seconds / rolledBack),
  };
}

function seedOf(name: string, run: number): number {
  let seed = 2_166_136_261;
  for (const character of `${name} ${run}`) seed = Math.imul(seed ^ character.charCodeAt(0), 16_777_619);
  return seed >>> 0;
}
