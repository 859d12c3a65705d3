import assert from 'node:assert/strict';
import type { JobOptions, RunningStep } from './test-agent.ts';

/** What a job whose agent is lost ends with. */
export class AgentLost extends Error {}

/** Runs a job whose agent is lost when its log says so: the step dies, and no post-job entry runs. */
export async function loseAgent(
  when: RegExp,
  run: (job: Required<Pick<JobOptions, 'during' | 'afterMain'>>) => Promise<unknown>,
): Promise<void> {
  const during = async (step: RunningStep) => {
    await step.line(when);
    step.kill();
  };
  const afterMain = () => {
    throw new AgentLost();
  };
  await assert.rejects(run({ during, afterMain }), AgentLost);
}
