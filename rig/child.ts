import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a child process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  /** What to call it in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment; absent means ours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where standard output and error go; the file is emptied first. */
  readonly logFile: string;
}

/** Linux can end a child when its parent dies, however it dies. Elsewhere only an orderly exit takes the children along. */
const deathSignal = ['/usr/bin/setpriv', '/bin/setpriv'].find(existsSync);

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A process of the rig: it writes to a log file and, once it runs its command, does not outlive us. */
export class Child {
  readonly name: string;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #logFile: string;
  #exit: Exit | undefined;
  #killed = false;

  private constructor(options: ChildOptions, process: ChildProcess) {
    this.name = options.name;
    this.#logFile = options.logFile;
    this.#process = process;
    living.add(process);
    this.exited = new Promise(resolve => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        living.delete(process);
        this.#exit ??= { code, signal };
        resolve(this.#exit);
      };
      process.once('exit', ended);
      process.once('error', () => ended(127, null));
    });
  }

  /** Starts it; a command that can't be started shows as an exit with code 127. */
  static async start(options: ChildOptions): Promise<Child> {
    await mkdir(dirname(options.logFile), { recursive: true });
    const log = await open(options.logFile, 'w');
    try {
      const wrapped = deathSignal
        ? [deathSignal, '--pdeathsig', 'KILL', options.command, ...options.args]
        : [options.command, ...options.args];
      const [command = '', ...args] = wrapped;
      const process = spawn(command, args, {
        stdio: ['ignore', log.fd, log.fd],
        // Ctrl-C in a terminal is for us: we end our children in good order.
        detached: true,
        ...(options.env && { env: options.env }),
        ...(options.cwd && { cwd: options.cwd }),
      });
      return new Child(options, process);
    } finally {
      await log.close();
    }
  }

  /** The process id; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** True when a SIGKILL of ours has ended it or is about to. */
  get killed(): boolean {
    return this.#killed;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#exit) return;
    if (name === 'SIGKILL') this.#killed = true;
    this.#process.kill(name);
  }

  /** Asks it to end, kills it when it has not within `graceMs`, and waits until it is gone. */
  async stop(graceMs: number): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The end of its log, for messages. */
  async logTail(characters = 1500): Promise<string> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '');
    return text.slice(-characters).trim();
  }

  /**
   * Waits until `probe` gives true; a probe that throws counts as "not yet". Rejects with the tail of the log when
   * the process ends first or when `limitMs` are over.
   */
  async ready(probe: () => Promise<boolean>, limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    let last = '';
    while (Date.now() < end) {
      if (this.#exit) break;
      try {
        if (await probe()) return;
      } catch (error) {
        last = ` (${(error as Error).message})`;
      }
      await sleep(40);
    }
    const what = this.#exit
      ? `ended with ${this.#exit.signal ?? this.#exit.code} at the start`
      : `was not ready after ${limitMs} ms${last}`;
    throw new Error(`${this.name} ${what}; its log ends with:\n${await this.logTail()}`);
  }
}
