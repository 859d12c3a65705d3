import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import type { InputProblems } from './input-problems.ts';

/** The value of a key of a check, and the line of the input that it stands in. */
export interface Field {
  readonly line: number;
  /** As YAML reads it: a text, a number, a boolean, a map, a list or null. */
  readonly value: unknown;
}

/** One item of `checks`. */
export interface CheckEntry {
  readonly line: number;
  readonly fields: ReadonlyMap<string, Field>;
}

const expected = 'a YAML list of checks, each with its keys';
const hint =
  'Write for example `- name: queue`, and below it `query: max(queue_depth)` and `max: 100`; a query with braces or quotes goes below `query: |`';

/**
 * Reads the list of `checks`. What is no such list is noted with its line; values are never quoted, for there may be credentials
 * among them, and YAML's own messages would.
 */
export function readCheckEntries(text: string, problems: InputProblems): readonly CheckEntry[] {
  if (text === '') return [];
  const note = (found: string) => problems.invalid('checks', { expected, found, hint });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
  const lineOf = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  if (document.errors.length > 0) {
    for (const { code, pos } of document.errors) note(`${code} in line ${lineOf(pos[0])}`);
    return [];
  }
  if (!isSeq(document.contents)) {
    note('no list');
    return [];
  }
  let aliases = 0;
  visit(document, { Alias: () => void aliases++ });
  if (aliases > 0) {
    note('an alias (`*`)');
    return [];
  }
  const toPlain = (node: unknown) => (node as Node | null)?.toJS(document) ?? null;
  return document.contents.items.flatMap(item => {
    const line = lineOf((item as Node | null)?.range?.[0]);
    if (!isMap(item)) {
      note(`something else in line ${line}`);
      return [];
    }
    const fields = item.items.map(({ key, value }: Pair): [string, Field] => [
      isScalar(key) ? String(key.value) : '',
      { line: lineOf((key as Node | null)?.range?.[0]), value: toPlain(value) },
    ]);
    return [{ line, fields: new Map(fields) }];
  });
}
