import { type ChildProcess, fork } from 'node:child_process';
import { repositoryRoot } from '../paths.ts';
import { type Answer, checkedOptions, type LoadOptions } from './answer.ts';
import { builtGenerator } from './built-generator.ts';
import { LoadRecord } from './record.ts';

export type { Answer, LoadOptions } from './answer.ts';
export { LoadRecord, type Window } from './record.ts';
export type { Share } from './wilson.ts';

/** Requests at a fixed rate from a process of their own, so that the tests do not slow them down. */
export class Load {
  /** Grows while the load runs: what is in it is up to 100 ms old. */
  readonly record = new LoadRecord();
  /** Resolves when the last answer is in the record; rejects when the process failed. */
  readonly done: Promise<void>;
  readonly #process: ChildProcess;

  private constructor(options: LoadOptions) {
    this.#process = fork(builtGenerator(), {
      execArgv: [],
      cwd: repositoryRoot,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Ctrl-C in a terminal is for us, not for it.
      detached: true,
    });
    this.#process.on('message', answers => this.record.add(answers as Answer[]));
    this.done = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`the load generator ended with ${signal ?? code}`));
      });
    });
    // Who never asks must not be ended by it.
    this.done.catch(() => {});
    this.#process.send(options);
  }

  /** Starts to send. Throws a RangeError for options out of bounds, and for any address that is not loopback. */
  static start(options: LoadOptions): Load {
    return new Load(checkedOptions(options));
  }

  /** The process that sends; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Sends no more, waits for the answers that are still to come, and gives the whole record. */
  async stop(): Promise<LoadRecord> {
    if (this.#process.connected) this.#process.send('stop', () => {});
    await this.done;
    return this.record;
  }
}
