import { transform } from 'esbuild';

/** A small mistake in a file: what one slip of the hand would make of it. */
export interface Mutant {
  /** From 1 on. */
  readonly line: number;
  /** The line as it stands, without the space around it. */
  readonly code: string;
  readonly from: string;
  readonly to: string;
  /** The whole text of the file with the mistake in it. */
  readonly text: string;
  /** The whole text with something that no code can say in that place. */
  readonly nonsense: string;
}

/** What is written in place of what. */
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

/** All places of a file where a hand could slip, those in texts, comments and types too. */
export function mutantsOf(text: string): readonly Mutant[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) =>
    slips.flatMap(([from, to]) =>
      places(line, from).map(at => {
        const write = (instead: string) =>
          lines.with(index, line.slice(0, at) + instead + line.slice(at + from.length)).join('\n');
        return {
          line: index + 1,
          code: line.trim(),
          from,
          to,
          text: write(to),
          nonsense: write(`${from} ]@[ `),
        };
      }),
    ),
  );
}

function places(line: string, what: string): readonly number[] {
  const found: number[] = [];
  for (let at = line.indexOf(what); at >= 0; at = line.indexOf(what, at + what.length)) found.push(at);
  return found;
}

/**
 * Whether the mistake changes what runs. In a text or a comment nonsense is as good as anything; what is left of a file without its types
 * and comments does not know of a mistake in them.
 */
export async function changesCode(original: string, mutant: Mutant): Promise<boolean> {
  const isCode = (await stripped(mutant.nonsense)) === undefined;
  const made = await stripped(mutant.text);
  return isCode && made !== undefined && made !== (await stripped(original));
}

function stripped(text: string): Promise<string | undefined> {
  return transform(text, { loader: 'ts', legalComments: 'none', logLevel: 'silent' }).then(
    ({ code }) => code,
    () => undefined,
  );
}
