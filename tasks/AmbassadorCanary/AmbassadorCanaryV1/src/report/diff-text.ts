import { stringify } from 'yaml';
import type { Difference } from '../manifests/diff-objects.ts';

const mostLines = 200;
const longestLine = 300;

/** Differences as the lines of a diff: what is there now after `-`, what comes after `+`, each below its path. */
export function diffText(differences: readonly Difference[]): readonly string[] {
  const lines = differences.flatMap(({ path, before, after }) => [
    `  ${path}`,
    ...side('-', before, after),
    ...side('+', after, before),
  ]);
  const told = lines
    .slice(0, mostLines)
    .map(line => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return lines.length > mostLines ? [...told, `  and ${lines.length - mostLines} lines more`] : told;
}

/** Of two texts of several lines only those are shown that are not in both at the same end. */
function side(sign: '-' | '+', value: unknown, other: unknown): readonly string[] {
  if (value === undefined) return [];
  const lines = linesOf(value);
  if (typeof value !== 'string' || typeof other !== 'string') return lines.map(line => `${sign}   ${line}`);
  const others = linesOf(other);
  const most = Math.min(lines.length, others.length);
  let head = 0;
  while (head < most && lines[head] === others[head]) head++;
  let tail = 0;
  while (tail < most - head && lines.at(-1 - tail) === others.at(-1 - tail)) tail++;
  return lines.slice(head, lines.length - tail).map(line => `${sign}   ${line}`);
}

function linesOf(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : stringify(value, { lineWidth: 0 }).trimEnd();
  return text.split('\n');
}
