import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a run cost, as the kernel accounts for it. */
export interface Cost {
  readonly code: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly processes: number;
}

const script = fileURLToPath(new URL('./measure.py', import.meta.url));

/** Runs a command to its end and measures it; its output goes into the file. */
export async function measured(
  logFile: string,
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
): Promise<Cost> {
  const child = spawn('python3', [script, logFile, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
    ...(cwd !== undefined && { cwd }),
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const [output] = await Promise.all([text(child.stdout), ended]);
  return JSON.parse(output) as Cost;
}
