import type { Duration } from '../release/duration.ts';
import type { Step } from '../release/spec.ts';
import { Weight } from '../release/weight.ts';
import type { Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';
import { longestTime, parseBoundedTime, parseTime } from './parse-numbers.ts';

const hint = 'Write for example `weights: 5, 25, 50` or `weights: 10@2m, 50@10m`';

/** Reads `weights` and `pause` into steps: rising whole percentages from 1 to 100, each with its own time or the pause. */
export function parseSteps(inputs: Inputs, problems: InputProblems): readonly Step[] {
  const pause = parseTime(inputs, 'pause', { orZero: true }, problems);
  const items = inputs.weights.split(',').map(item => item.trim());
  const steps: Step[] = [];
  for (const item of items) {
    const [, percent, time] = /^(\d{1,3})\s*%?(?:\s*@\s*(.*))?$/s.exec(item) ?? [];
    if (percent === undefined || Number(percent) < 1 || Number(percent) > 100) {
      noteWeights(
        problems,
        'whole percentages from 1 to 100, separated by commas',
        quote(item || inputs.weights),
      );
      return [];
    }
    const own = time === undefined ? pause : parseBoundedTime(time);
    if (own === undefined) {
      noteWeights(problems, `a time of at most ${longestTime} with its unit after \`@\``, quote(item));
      return [];
    }
    steps.push({ weight: Weight.of(Number(percent)), pause: own });
  }
  const sinking = steps.findIndex((step, i) => step.weight.percent <= (steps[i - 1]?.weight.percent ?? 0));
  if (sinking > 0) {
    noteWeights(problems, 'each weight to be higher than the one before it', quote(inputs.weights));
  }
  return steps;
}

/** A step that is shorter than the time between two measurements would end unmeasured. */
export function checkStepsHoldAMeasurement(
  steps: readonly Step[],
  interval: Duration,
  inputs: Inputs,
  problems: InputProblems,
): void {
  if (problems.concern('weights', 'pause', 'interval')) return;
  const index = steps.findIndex(step => step.pause.isShorterThan(interval));
  const short = steps[index];
  if (short === undefined) return;
  const enough = interval.times(3);
  const ownTime = inputs.weights.split(',')[index]?.includes('@') === true;
  problems.invalid(ownTime ? 'weights' : 'pause', {
    expected: `at least the \`interval\` of ${interval} at each weight`,
    found: `${short.pause} at ${short.weight}`,
    hint: `Write for example \`${ownTime ? `weights: ${short.weight.percent}@${enough}` : `pause: ${enough}`}\`, or a shorter \`interval\``,
  });
}

function noteWeights(problems: InputProblems, expected: string, found: string): void {
  problems.invalid('weights', { expected, found, hint });
}
