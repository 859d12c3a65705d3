import { CanaryError, throwIfAny } from '../release/errors.ts';
import type { InputName } from './input-names.ts';

const longestQuote = 80;

/** A value as an error shows it: on one line, not too long, and `nothing` where it is empty. */
export function quote(value: string): string {
  const line = value.replace(/\s+/g, ' ').trim();
  if (line === '') return 'nothing';
  return line.length > longestQuote ? `\`${line.slice(0, longestQuote)}…\`` : `\`${line}\``;
}

export interface Problem {
  /** What would have been right. */
  readonly expected: string;
  /** The bad value, or a description of it where it may hold a secret. Shown as it is: see `quote`. */
  readonly found: string;
  /** What to write instead. */
  readonly hint: string;
}

/** Collects what is wrong with the inputs, so that all of it is told in one run. */
export class InputProblems {
  readonly #errors: CanaryError[] = [];
  readonly #inputs = new Set<InputName>();

  invalid(input: InputName, { expected, found, hint }: Problem): void {
    this.#inputs.add(input);
    this.#errors.push(
      new CanaryError('INPUT_INVALID', `Input \`${input}\` can't be used`, {
        expected,
        found,
        hint: unsetVariable(found) ?? hint,
      }),
    );
  }

  /** Whether something is wrong with one of these inputs: then what follows from it is not told as well. */
  concern(...inputs: readonly InputName[]): boolean {
    return inputs.some(input => this.#inputs.has(input));
  }

  /** Throws what was collected, if anything was. */
  throwIfAny(): void {
    throwIfAny(this.#errors);
  }
}

/** The agent leaves `$(name)` as it is where the variable has no value: then that is what to mend. */
function unsetVariable(found: string): string | undefined {
  const macro = /\$\([^()]+\)/.exec(found)?.[0];
  return macro === undefined ? undefined : `The variable \`${macro}\` has no value: set it, or mend its name`;
}
