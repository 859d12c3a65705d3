import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TinyTask {
  readonly main: string;
  readonly guard?: string;
  readonly inputs?: readonly {
    readonly name: string;
    readonly type: string;
    readonly defaultValue?: string;
  }[];
}

/** Tasks of a few lines of JavaScript, in folders of their own that are gone after the tests. */
export class TinyTasks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tiny-tasks-'));
  #count = 0;

  /** Writes a task and returns its folder. It may set the variables `one` and `two`; `one` is an output. */
  make({ main, guard, inputs = [] }: TinyTask): string {
    this.#count += 1;
    const taskDir = join(this.#folder, String(this.#count));
    mkdirSync(taskDir);
    const definition = {
      name: 'Tiny',
      inputs,
      outputVariables: [{ name: 'one' }],
      restrictions: { settableVariables: { allowed: ['one', 'two'] } },
      execution: { Node20_1: { target: 'main.js' }, Node24: { target: 'main.js' } },
      ...(guard === undefined ? {} : { postjobexecution: { Node20_1: { target: 'guard.js' } } }),
    };
    writeFileSync(join(taskDir, 'task.json'), JSON.stringify(definition));
    writeFileSync(join(taskDir, 'main.js'), main);
    if (guard !== undefined) writeFileSync(join(taskDir, 'guard.js'), guard);
    return taskDir;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
