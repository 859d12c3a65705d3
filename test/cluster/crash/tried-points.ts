import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MatrixPoint } from './crash-matrix.ts';
import type { CrashResult } from './crash-point.ts';

type Tried = Omit<CrashResult, 'logs'> & { readonly number: number };

/** The points that were tried since the folder was last deleted: the whole matrix takes hours, and may be tried in parts. */
export class TriedPoints {
  readonly #tried = new Map<string, Tried>();

  private constructor(private readonly folder: string) {}

  static async in(folder: string): Promise<TriedPoints> {
    await mkdir(folder, { recursive: true });
    const points = new TriedPoints(folder);
    const lines = await readFile(points.#file, 'utf8').catch(() => '');
    for (const line of lines.split('\n').filter(line => line !== '')) points.#note(JSON.parse(line));
    return points;
  }

  get all(): readonly Tried[] {
    return [...this.#tried.values()];
  }

  /** What went wrong is tried again. */
  isDone({ scenario, interruption, number }: MatrixPoint): boolean {
    const tried = this.#tried.get(keyOf({ scenario: scenario.name, interruption, number }));
    return tried?.right === true && tried.misrouted === 0;
  }

  /** Keeps the logs as well, in a file for each point, where it went wrong. */
  async add({ number }: MatrixPoint, { logs, ...result }: CrashResult): Promise<void> {
    const tried = { ...result, number };
    this.#note(tried);
    await appendFile(this.#file, `${JSON.stringify(tried)}\n`);
    if (tried.right && tried.misrouted === 0) return;
    await writeFile(
      join(this.folder, `${keyOf(tried)}.log`),
      `${tried.leftovers.join('\n')}\n${tried.misrouted} lost\n\n${logs.join('\n\n=== the other run ===\n\n')}`,
    );
  }

  #note(tried: Tried): void {
    this.#tried.set(keyOf(tried), tried);
  }

  get #file(): string {
    return join(this.folder, 'points.jsonl');
  }
}

function keyOf({ scenario, interruption, number }: Pick<Tried, 'scenario' | 'interruption' | 'number'>) {
  return `${scenario} ${interruption} ${number}`.replaceAll(' ', '-');
}
