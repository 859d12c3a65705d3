import { Duration } from '../release/duration.ts';
import type { InputName, Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';

/** Longer times are slips of the pen, and near the 24.8 days at which a timer of Node.js overflows and fires at once. */
export const longestTime = Duration.minutes(7 * 24 * 60);

// The parsers note a problem and return a harmless value. Nobody sees it: all problems are thrown before a spec is made.

/** A time such as `30s`, of at least `least`. */
export function parseTime(
  inputs: Inputs,
  name: InputName,
  { orZero }: { readonly orZero: boolean },
  problems: InputProblems,
): Duration {
  const time = parseBoundedTime(inputs[name]);
  if (time !== undefined && (orZero || time.milliseconds > 0)) return time;
  problems.invalid(name, {
    expected: orZero ? 'a time with its unit, or `0`' : 'a time above 0 with its unit',
    found: quote(inputs[name]),
    hint: `Write for example \`${name}: 30s\` or \`${name}: 1h30m\`, at most ${longestTime}`,
  });
  return Duration.zero;
}

/** A time up to `longestTime`; anything else is `undefined`. */
export function parseBoundedTime(text: string): Duration | undefined {
  const time = Duration.parse(text);
  return time === undefined || longestTime.isShorterThan(time) ? undefined : time;
}

/** A whole number from 1 up. */
export function parseCount(
  inputs: Inputs,
  name: InputName,
  example: number,
  problems: InputProblems,
): number {
  const count = wholeNumber(inputs[name]);
  if (count !== undefined && count >= 1) return count;
  problems.invalid(name, {
    expected: 'a whole number from 1',
    found: quote(inputs[name]),
    hint: `Write for example \`${name}: ${example}\``,
  });
  return 1;
}

/** A number of pods: `auto`, or a whole number from 1 up. */
export function parsePods(inputs: Inputs, name: InputName, problems: InputProblems): number | 'auto' {
  const text = inputs[name];
  if (text === 'auto') return 'auto';
  const count = wholeNumber(text);
  if (count !== undefined && count >= 1) return count;
  problems.invalid(name, {
    expected: '`auto` or a whole number of pods from 1',
    found: quote(text),
    hint: `Write for example \`${name}: auto\` or \`${name}: 3\``,
  });
  return 'auto';
}

/** A multiple such as `2x`, from 1. */
export function parseExtendFactor(inputs: Inputs, problems: InputProblems): number {
  const factor = /^(\d{1,4}(?:\.\d{1,4})?)\s*x$/i.exec(inputs.extendLimit)?.[1];
  if (factor !== undefined && Number(factor) >= 1) return Number(factor);
  problems.invalid('extendLimit', {
    expected: "a multiple of the step's own time, from `1x`",
    found: quote(inputs.extendLimit),
    hint: 'Write for example `extendLimit: 2x`',
  });
  return 1;
}

/** Digits only, up to a million: more pods, requests or measurements are a slip of the pen. */
export function wholeNumber(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) && Number(text) <= 1_000_000 ? Number(text) : undefined;
}
