import { decide, type JudgeName } from './decide.ts';
import { scenarios } from './scenarios.ts';

/** One judge in one scenario. */
export interface Job {
  readonly scenario: number;
  readonly judge: JudgeName;
  readonly runs: number;
}

process.on('message', async ({ scenario, judge, runs }: Job) => {
  const found = scenarios[scenario];
  if (found !== undefined) process.send?.(await decide(found, judge, runs));
});
