import type { InputName, Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';

interface LaterFeature {
  readonly input: InputName;
  /** The value that works today: the input's default. */
  readonly today: string;
  /** What that default promises and does not do yet. Absent where it does all it says. */
  readonly inactive?: string;
}

/** The inputs whose features are still to come. A feature that arrives deletes its rows, and nothing else here. */
export const laterFeatures: readonly LaterFeature[] = [];

/** Notes each input that asks for a feature still to come. Values that are wrong anyhow are told as such only. */
export function refuseLaterFeatures(inputs: Inputs, problems: InputProblems): void {
  for (const { input, today } of laterFeatures) {
    const value = inputs[input];
    if (value === today || problems.concern(input)) continue;
    problems.notAvailableYet(input, {
      expected: today === '' ? 'it to be empty' : `\`${today}\``,
      found: quote(value),
      hint: today === '' ? `Leave \`${input}\` out` : `Write \`${input}: ${today}\`, or leave it out`,
    });
  }
}

/** The defaults that are not active yet, as the log tells them: `keepStableCapacity: true (an autoscaler may …)`. */
export function inactiveDefaults(): readonly string[] {
  return laterFeatures.flatMap(({ input, today, inactive }) =>
    inactive === undefined ? [] : [`${input}: ${today} (${inactive})`],
  );
}
