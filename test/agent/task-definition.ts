import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Phase = 'execution' | 'postjobexecution';

interface Handlers {
  readonly [handler: string]: { readonly target: string } | undefined;
}

/** What the agent reads of a task.json. */
export interface TaskDefinition {
  readonly name: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly defaultValue?: unknown;
  }[];
  readonly outputVariables?: readonly { readonly name: string }[];
  readonly restrictions?: { readonly settableVariables?: { readonly allowed?: readonly string[] } };
  readonly execution?: Handlers;
  readonly postjobexecution?: Handlers;
}

export function readTaskDefinition(taskDir: string): TaskDefinition {
  return JSON.parse(readFileSync(join(taskDir, 'task.json'), 'utf8'));
}

/** The script that the agent starts in this phase; `undefined` where the task has none. Both handlers name the same. */
export function targetOf(definition: TaskDefinition, phase: Phase): string | undefined {
  const handlers = definition[phase];
  return (handlers?.Node20_1 ?? handlers?.Node24)?.target;
}

/** Whether the task may set this variable. The names of our task.json hold no patterns; the case is ignored. */
export function maySet({ restrictions }: TaskDefinition, variable: string): boolean {
  const allowed = restrictions?.settableVariables?.allowed;
  return allowed === undefined || allowed.some(name => name.toLowerCase() === variable.toLowerCase());
}

/** Whether a variable is an output: the names that task.json lists are, also when the command does not say so. */
export function isOutput({ outputVariables = [] }: TaskDefinition, variable: string): boolean {
  return outputVariables.some(({ name }) => name.toLowerCase() === variable.toLowerCase());
}
