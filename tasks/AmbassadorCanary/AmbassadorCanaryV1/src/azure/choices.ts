import type { InputName, Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';

/** The inputs that take one of a few words (a test compares them with task.json). */
export const choices = {
  action: ['run', 'plan', 'deploy', 'promote', 'reject'],
  connectionType: ['kubernetesServiceConnection', 'azureResourceManager'],
  useClusterAdmin: ['true', 'false'],
  trafficSplitMethod: ['ambassador', 'pod'],
  keepStableCapacity: ['true', 'false'],
  compareToStable: ['true', 'false'],
  grpc: ['auto', 'true', 'false'],
  onInconclusive: ['extend', 'rollback', 'continue'],
  onFailure: ['rollback', 'hold'],
  publishTestResults: ['true', 'false'],
} as const satisfies Partial<Record<InputName, readonly string[]>>;

export type ChoiceName = keyof typeof choices;
export const choiceNames = Object.keys(choices) as readonly ChoiceName[];

/** `True`, which the agent hands over for a YAML boolean, is `true`; other words keep their case. */
export function normaliseBooleans(inputs: Inputs): Inputs {
  const normal = { ...inputs };
  for (const name of choiceNames) {
    const lower = inputs[name].toLowerCase();
    if (lower === 'true' || lower === 'false') normal[name] = lower;
  }
  return normal;
}

/** Notes each input that is none of its words. */
export function checkChoices(inputs: Inputs, problems: InputProblems): void {
  for (const name of choiceNames) {
    const words: readonly string[] = choices[name];
    if (words.includes(inputs[name])) continue;
    problems.invalid(name, {
      expected: words.map(word => `\`${word}\``).join(' or '),
      found: quote(inputs[name]),
      hint: `Write for example \`${name}: ${words[0]}\``,
    });
  }
}
