/** A small mistake in a file: what one slip of the hand would make of it. */
export interface Mutant {
  /** From 1 on. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
  /** The whole text of the file with the mistake in it. */
  readonly text: string;
}

/** What is written in place of what. Each is looked for as it stands, so that types and comments are met seldom. */
const slips: readonly (readonly [string, string])[] = [
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' < ', ' <= '],
  [' > ', ' >= '],
  [' <= ', ' < '],
  [' >= ', ' > '],
  [' && ', ' || '],
  [' || ', ' && '],
  [' ?? ', ' && '],
  [' + ', ' - '],
  [' - ', ' + '],
  [' * ', ' / '],
  ['return true', 'return false'],
  ['return false', 'return true'],
  ['.every(', '.some('],
  ['.some(', '.every('],
  ['Math.max(', 'Math.min('],
  ['Math.min(', 'Math.max('],
  ['.filter(', '.map('],
  ['if (!', 'if ('],
  [' ? ', ' && false ? '],
  ['await ', ''],
];

/** All mistakes that can be made in a file, but for those in imports, comments and types. */
export function mutantsOf(text: string): readonly Mutant[] {
  const lines = text.split('\n');
  const mutants: Mutant[] = [];
  for (const [index, line] of lines.entries()) {
    if (!isCode(line)) continue;
    for (const [from, to] of slips) {
      for (let at = line.indexOf(from); at >= 0; at = line.indexOf(from, at + from.length)) {
        if (isInText(line, at)) continue;
        const changed = line.slice(0, at) + to + line.slice(at + from.length);
        mutants.push({ line: index + 1, from, to, text: lines.with(index, changed).join('\n') });
      }
    }
  }
  return mutants;
}

function isCode(line: string): boolean {
  return !/^\s*(\/\/|\/?\*|import\b|export (type|interface)\b|type\b|interface\b|readonly\b|\|)/.test(line);
}

/** Between quotes, as far as one line tells. */
function isInText(line: string, at: number): boolean {
  const before = line.slice(0, at);
  return ["'", '`', '"'].some(quote => (before.split(quote).length - 1) % 2 === 1);
}
