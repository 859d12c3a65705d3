import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ProcessOptions {
  readonly nodePath: string;
  readonly script: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** After this many milliseconds it is killed, for no test may hang. */
  readonly timeLimit: number;
  /** How long a cancelled process may live on after each signal, in milliseconds. */
  readonly patience: Readonly<Record<'SIGINT' | 'SIGTERM', number>>;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** The most memory that it held, in bytes. Linux only. */
  readonly peakRss?: number;
  readonly timedOut: boolean;
}

const rssEvery = 100;
/** An orphan may hold the pipes open; nobody waits longer for it. */
const pipesLimit = 2_000;

/** A step's process: its output line by line, and the agent's way to end it. */
export class NodeProcess {
  readonly finished: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  /** Resolves when the process has ended, also one that the agent had given up. */
  readonly gone: Promise<void>;
  /** To the agent it has ended. */
  readonly #exited: Promise<void>;
  #abandon: () => void = () => {};
  #abandoned = false;
  #cancelled = false;

  constructor(private readonly options: ProcessOptions) {
    const started = performance.now();
    const { nodePath, script, cwd, environment } = options;
    this.#child = spawn(nodePath, [script], { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.gone = new Promise(resolve => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.#exited = new Promise(resolve => {
      this.#abandon = resolve;
      void this.gone.then(resolve);
    });
    this.finished = this.#run(started);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** SIGINT, SIGTERM, SIGKILL, with patience between them: to this process only, as the agent does. */
  async cancel(): Promise<void> {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      this.#child.kill(signal);
      if (await within(this.options.patience[signal], this.#exited)) return;
    }
    this.kill();
  }

  /** Ends it without a word. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The agent ends its client of a container: to the agent this is over, but it lives on (facts/azure.md 5). */
  abandon(): void {
    this.#cancelled = true;
    this.#abandoned = true;
    this.#abandon();
  }

  async #run(started: number): Promise<ProcessEnd> {
    const failed = new Promise<never>((_, reject) => this.#child.once('error', reject));
    const closed = new Promise<void>(resolve => this.#child.once('close', () => resolve()));
    const [stdout, stderr] = [this.#read('stdout'), this.#read('stderr')];
    let peakRss: number | undefined;
    const watch = setInterval(() => {
      peakRss = peakRssOf(this.#child.pid) ?? peakRss;
    }, rssEvery);
    let timedOut = false;
    const limit = setTimeout(() => {
      timedOut = true;
      this.kill();
    }, this.options.timeLimit);
    try {
      await Promise.race([this.#exited, failed]);
      const durationMs = performance.now() - started;
      if (!this.#abandoned) await Promise.race([within(pipesLimit, closed), failed]);
      const { exitCode, signalCode } = this.#child;
      const signal = this.#abandoned ? 'SIGKILL' : signalCode;
      const memory = peakRss === undefined ? {} : { peakRss };
      return { exitCode, signal, stdout: stdout.text, stderr: stderr.text, durationMs, timedOut, ...memory };
    } finally {
      clearInterval(watch);
      clearTimeout(limit);
      if (!this.#abandoned) {
        this.#child.stdout?.destroy();
        this.#child.stderr?.destroy();
      }
    }
  }

  #read(name: 'stdout' | 'stderr'): { text: string } {
    const stream = this.#child[name];
    const all = { text: '' };
    if (stream === null) return all;
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      all.text += chunk;
    });
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', this.options.onLine);
    return all;
  }
}

async function within(milliseconds: number, event: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const happened = await Promise.race([event.then(() => true), late]);
  clearTimeout(timer);
  return happened;
}

function peakRssOf(pid: number | undefined): number | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined; // It has just ended.
  }
}
