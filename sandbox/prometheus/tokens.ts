/** What Prometheus answers as `bad_data`. */
export class ParseError extends Error {}

export interface Token {
  readonly kind: 'name' | 'number' | 'duration' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly position: number;
}

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w)/y],
  ['name', /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
  ['text', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['sign', /=~|!~|!=|[=(){}[\],]/y],
];

/** Takes a query apart; blanks and comments go. The last token is the end. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < query.length) {
    const space = /\s+|#[^\n]*/y;
    space.lastIndex = position;
    const skipped = space.exec(query);
    if (skipped) {
      position += skipped[0].length;
      continue;
    }
    const found = patterns.flatMap(([kind, pattern]) => {
      pattern.lastIndex = position;
      const match = pattern.exec(query);
      return match ? [{ kind, text: match[0], position }] : [];
    })[0];
    if (!found) throw errorAt(position, `unexpected character: ${JSON.stringify(query[position])}`);
    tokens.push(found);
    position += found.text.length;
  }
  return [...tokens, { kind: 'end', text: '', position }];
}

/** A parse error at a position in the first line, counted from 0. */
export function errorAt(position: number, problem: string): ParseError {
  return new ParseError(`1:${position + 1}: parse error: ${problem}`);
}
