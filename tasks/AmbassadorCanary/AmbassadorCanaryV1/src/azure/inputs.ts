import * as agent from 'azure-pipelines-task-lib/task.js';
import { type InputName, type Inputs, inputNames } from './input-names.ts';

/** Reads every input of the step, once. Nothing below `main.ts` asks the agent for an input again. */
export function readInputs(): Inputs {
  const values = inputNames.map(name => [name, agent.getInput(name)?.trim() ?? ''] as const);
  return Object.freeze(Object.fromEntries(values) as Record<InputName, string>);
}
