import type { Mutant } from './mutants.ts';

/** A mistake that is none: nobody can tell the code with it from the code without. */
interface Equivalent {
  /** From the room's folder on: `release/weight.ts`. */
  readonly file: string;
  /** The line as it stands. */
  readonly code: string;
  readonly from: string;
  readonly because: string;
}

/** Each was read by somebody. */
const equivalents: readonly Equivalent[] = [];

interface Made {
  readonly file: string;
  readonly mutant: Mutant;
}

export function isEquivalent(made: Made): boolean {
  return equivalents.some(known => isThe(known, made));
}

/** Those of the list whose code is not there any more. */
export function withoutMatch(all: readonly Made[]): readonly string[] {
  return equivalents
    .filter(known => !all.some(made => isThe(known, made)))
    .map(({ file, code }) => `${file} «${code}»`);
}

function isThe({ file, code, from }: Equivalent, made: Made): boolean {
  return made.file === file && made.mutant.code === code && made.mutant.from === from;
}
