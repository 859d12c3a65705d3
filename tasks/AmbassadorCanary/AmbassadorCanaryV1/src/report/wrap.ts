import { type Line, text } from './line.ts';

/** Columns of the log that are read without scrolling. */
export const widestLine = 120;

/** What follows on the next line stands under what was told, not under what it is about. */
const hanging = ' '.repeat(11);
/** The log cuts what is longer. */
const longest = 2_000;

/**
 * A line as lines that are read without scrolling, broken between words: never before a unit, and a word that has no room by itself,
 * such as a URL, is left whole. Warnings and errors are whole, for the page of a run shows them elsewhere, too.
 */
export function wrapped(line: Line): readonly Line[] {
  if (line.kind === 'warning' || line.kind === 'error' || line.text.length <= widestLine) return [line];
  const cut = line.text.length > longest ? `${line.text.slice(0, longest)}…` : line.text;
  const [, blanks = '', words = ''] = /^(\s*)(.*)$/s.exec(cut) ?? [];
  const lines = [''];
  let start = blanks;
  for (const word of words.split(/ (?!%)/)) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = start + word;
    else if (last.length + 1 + word.length <= widestLine) lines[lines.length - 1] = `${last} ${word}`;
    else {
      start = hanging;
      lines.push(start + word);
    }
  }
  const [first = '', ...rest] = lines.map(one => one.trimEnd());
  return [{ ...line, text: first }, ...rest.map(text)];
}
