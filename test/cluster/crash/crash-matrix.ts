import type { World } from '../world.ts';
import { type CrashResult, type CrashScenario, crashAt, requestsOf } from './crash-point.ts';
import type { Interruption } from './interruption.ts';

export interface MatrixOptions {
  readonly scenarios: readonly CrashScenario[];
  readonly interruptions: readonly Interruption[];
  /** Every so many requests one is interrupted, beginning with the first: 1 for all. */
  readonly every: number;
  /** How many points are tried at a time: nearly all of a release is waiting. */
  readonly width: number;
  readonly onResult: (result: CrashResult, done: number, of: number) => void;
}

interface Point {
  readonly scenario: CrashScenario;
  readonly interruption: Interruption;
  readonly number: number;
}

/** Tries the points, and resolves to what came of each. */
export async function crashMatrix(world: World, options: MatrixOptions): Promise<readonly CrashResult[]> {
  const points = (
    await Promise.all(
      options.scenarios.map(async scenario => {
        const requests = await requestsOf(world, `crash-none-${scenario.name}`, scenario);
        return pointsOf(scenario, requests, options);
      }),
    )
  ).flat();
  const results: CrashResult[] = [];
  const left = points.map((point, index) => ({ ...point, namespace: `crash-${index + 1}` }));
  const worker = async () => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) {
      const { namespace, scenario, interruption, number } = point;
      const result = await crashAt(world, namespace, scenario, interruption, number);
      results.push(result);
      options.onResult(result, results.length, points.length);
    }
  };
  await Promise.all(Array.from({ length: options.width }, worker));
  return results;
}

/** With `every` > 1, each interruption begins at another request, so that together they meet more of them. */
function pointsOf(
  scenario: CrashScenario,
  requests: number,
  { interruptions, every }: MatrixOptions,
): Point[] {
  return interruptions.flatMap((interruption, index) => {
    const first = 1 + ((index * Math.max(1, Math.floor(every / interruptions.length))) % every);
    const numbers = Array.from({ length: requests }, (_, at) => at + 1);
    return numbers
      .filter(number => (number - first) % every === 0 && number >= first)
      .map(number => ({ scenario, interruption, number }));
  });
}

/** The matrix for a person: a line an interruption, and one for each point that went wrong. */
export function matrixLines(results: readonly CrashResult[]): string[] {
  const kinds = [
    ...new Set(results.map(({ scenario, interruption }) => `${scenario}, ${interruption}`)),
  ].sort();
  const table = kinds.map(kind => {
    const of = results.filter(({ scenario, interruption }) => `${scenario}, ${interruption}` === kind);
    const right = of.filter(result => result.right).length;
    const lost = of.reduce((sum, { misrouted }) => sum + misrouted, 0);
    return `${kind.padEnd(24)} ${String(of.length).padStart(4)} points  ${String(right).padStart(4)} right  ${String(lost).padStart(4)} requests lost`;
  });
  const wrong = results
    .filter(({ right, misrouted }) => !right || misrouted > 0)
    .map(({ scenario, interruption, request, leftovers, misrouted }) => {
      const where =
        request === undefined
          ? 'a request that never came'
          : `${request.number} ${request.method} ${request.path}`;
      return `${scenario}, ${interruption} at ${where}: ${leftovers.join(', ') || 'right end'}; ${misrouted} lost`;
    });
  return [...table, ...wrong];
}
