import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world.ts';
import { type CrashResult, crashAt, requestsOf } from './crash-point.ts';
import type { CrashScenario } from './crash-scenario.ts';
import type { Interruption } from './interruption.ts';

export interface MatrixOptions {
  readonly scenarios: readonly CrashScenario[];
  readonly interruptions: readonly Interruption[];
  /** Every so many requests one is interrupted, beginning with the first: 1 for all. */
  readonly every: number;
  /** How many points are tried at a time: nearly all of a release is waiting. */
  readonly width: number;
  /** Points that need not be tried. */
  readonly isDone: (point: MatrixPoint) => boolean;
  /** Whether no more points are begun. */
  readonly isOver: () => boolean;
  readonly onResult: (point: MatrixPoint, result: CrashResult, left: number) => void;
}

export interface MatrixPoint {
  readonly scenario: CrashScenario;
  readonly interruption: Interruption;
  /** Of the request, from 1 on. */
  readonly number: number;
}

/** So that not all of them start, and promote, in the same second. */
const apartMs = 3_000;

/** Tries the points, as many as time allows. */
export async function crashMatrix(world: World, options: MatrixOptions): Promise<void> {
  const points = (
    await Promise.all(
      options.scenarios.map(async scenario => {
        const requests = await requestsOf(world, `crash-none-${scenario.name}`, scenario);
        return pointsOf(scenario, requests.length, options);
      }),
    )
  ).flat();
  const left = points
    .filter(point => !options.isDone(point))
    .map((point, index) => ({ point, namespace: `crash-${index + 1}` }));
  const worker = async (index: number) => {
    await sleep(index * apartMs);
    while (!options.isOver()) {
      const next = left.shift();
      if (next === undefined) return;
      const { point, namespace } = next;
      const where = (request: { readonly number: number }) => request.number === point.number;
      const result = await crashAt(world, namespace, { ...point, where }).catch(broken(point));
      options.onResult(point, result, left.length);
    }
  };
  await Promise.all(Array.from({ length: options.width }, (_, index) => worker(index)));
}

/** One point that can't be tried to its end must not cost the others. */
function broken({ scenario, interruption }: MatrixPoint) {
  return (error: unknown): CrashResult => ({
    scenario: scenario.name,
    interruption,
    right: false,
    leftovers: ['not tried to its end'],
    misrouted: 0,
    logs: [String(error)],
  });
}

/** With `every` > 1, each interruption begins at another request, so that together they meet more of them. */
function pointsOf(
  scenario: CrashScenario,
  requests: number,
  { interruptions, every }: MatrixOptions,
): MatrixPoint[] {
  return interruptions.flatMap((interruption, index) => {
    const first = 1 + ((index * Math.max(1, Math.floor(every / interruptions.length))) % every);
    const numbers = Array.from({ length: requests }, (_, at) => at + 1);
    return numbers
      .filter(number => (number - first) % every === 0 && number >= first)
      .map(number => ({ scenario, interruption, number }));
  });
}

type Counted = Pick<
  CrashResult,
  'scenario' | 'interruption' | 'request' | 'right' | 'leftovers' | 'misrouted'
>;

/** The matrix for a person: a line an interruption, and one for each point that went wrong. */
export function matrixLines(results: readonly Counted[]): string[] {
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

/** What `results.json` says. */
export function sumOf(results: readonly Counted[]) {
  return {
    points: results.length,
    right: results.filter(({ right }) => right).length,
    leftovers: results.reduce((all, { leftovers }) => all + leftovers.length, 0),
    misrouted: results.reduce((all, { misrouted }) => all + misrouted, 0),
  };
}
