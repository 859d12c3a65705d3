import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JobResult } from '../agent/test-agent.ts';
import { type CanaryStep, stepsIn } from '../steps-in.ts';
import type { Shop } from './shop.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The uses of our task in a pipeline or on a page, in their order. */
export async function stepsOf(path: string): Promise<readonly CanaryStep[]> {
  return stepsIn(path, await readFile(root + path, 'utf8'));
}

/** Runs a step as it is written, but for its times and the addresses. */
export function runSample(
  shop: Shop,
  step: CanaryStep | undefined,
  variables: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
): Promise<JobResult> {
  assert.ok(step);
  const { kubernetesServiceConnection: name = '', prometheus, pause, ...written } = step.inputs;
  const judged = prometheus === undefined ? { prometheus: '', weights: '', pause: '' } : { pause: '1500ms' };
  return shop.release({
    endpoint: shop.connection({ name }),
    inputs: { containers: '', ...judged, ...written, kubernetesServiceConnection: name, ...inputs },
    job: { workingDirectory: root, variables: { ...step.variables, ...variables } },
  });
}

/** Result, outcome and the canary's weight at the end. */
export function outcomeOf({
  main,
  result,
}: JobResult): readonly [string, string | undefined, string | undefined] {
  return [result, main.outputVariables.outcome, main.outputVariables.weight];
}
