import {
  type Aggregate,
  aggregates,
  type Expression,
  functionNames,
  type Matcher,
  matches,
} from './expression.ts';
import { errorAt, type ParseError, type Token, tokenize } from './tokens.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Reads a query. Throws a `ParseError` for what is no PromQL, and for what the sandbox does not know of it. */
export function parsePromql(query: string): Expression {
  const parser = new Parser(tokenize(query));
  const expression = parser.expression();
  parser.expect('end');
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  expression(): Expression {
    const token = this.#peek();
    if (token.kind === 'number') return { kind: 'number', value: Number(this.#next().text) };
    if (token.kind === 'sign' && token.text === '(') {
      this.#next();
      const inner = this.expression();
      this.expect('sign', ')');
      return inner;
    }
    if (token.kind === 'sign' && token.text === '{') return this.#selector(undefined);
    if (token.kind !== 'name') throw this.#unexpected(token);
    this.#next();
    const aggregate = aggregates.find(name => name === token.text);
    if (aggregate && this.#isAggregation()) return this.#aggregate(aggregate);
    if (this.#peek().text === '(') return this.#call(token);
    return this.#selector(token.text);
  }

  expect(kind: Token['kind'], text?: string): Token {
    const token = this.#peek();
    if (token.kind !== kind || (text !== undefined && token.text !== text)) throw this.#unexpected(token);
    return this.#next();
  }

  #isAggregation(): boolean {
    return ['(', 'by', 'without'].includes(this.#peek().text);
  }

  #aggregate(operator: Aggregate): Expression {
    const before = this.#grouping();
    this.expect('sign', '(');
    const of = this.expression();
    this.expect('sign', ')');
    const grouping = before ?? this.#grouping() ?? { kind: 'by', labels: [] };
    return { kind: 'aggregate', operator, grouping, of };
  }

  #grouping(): { kind: 'by' | 'without'; labels: string[] } | undefined {
    const { text } = this.#peek();
    if (text !== 'by' && text !== 'without') return undefined;
    this.#next();
    this.expect('sign', '(');
    return { kind: text, labels: this.#list(')', () => this.expect('name').text) };
  }

  #call(token: Token): Expression {
    const name = functionNames.find(known => known === token.text);
    if (!name) throw errorAt(token.position, `unknown function with name ${JSON.stringify(token.text)}`);
    this.expect('sign', '(');
    if (name === 'time') {
      this.expect('sign', ')');
      return { kind: 'call', name };
    }
    const of = this.expression();
    this.expect('sign', ')');
    const isRange = of.kind === 'selector' && of.rangeSeconds !== undefined;
    if (name !== 'vector' && !isRange) {
      throw errorAt(token.position, `expected type range vector in call to function ${JSON.stringify(name)}`);
    }
    return { kind: 'call', name, of };
  }

  #selector(metric: string | undefined): Expression {
    const start = this.#peek().position;
    const matchers: Matcher[] = [];
    if (metric !== undefined) matchers.push({ label: '__name__', operator: '=', value: metric });
    if (this.#peek().text === '{') {
      this.#next();
      matchers.push(...this.#list('}', () => this.#matcher()));
    }
    if (!matchers.some(matcher => !matches({}, [matcher]))) {
      throw errorAt(start, 'vector selector must contain at least one non-empty matcher');
    }
    if (this.#peek().text !== '[') return { kind: 'selector', matchers };
    this.#next();
    const duration = this.expect('duration').text;
    this.expect('sign', ']');
    return { kind: 'selector', matchers, rangeSeconds: secondsOf(duration) };
  }

  #matcher(): Matcher {
    const label = this.expect('name').text;
    const sign = this.expect('sign');
    const operator = (['=', '!=', '=~', '!~'] as const).find(known => known === sign.text);
    if (!operator) throw this.#unexpected(sign);
    const token = this.expect('text');
    const value = unquote(token.text);
    if (operator.endsWith('~')) {
      try {
        new RegExp(value);
      } catch {
        throw errorAt(token.position, `error parsing regexp: ${JSON.stringify(value)}`);
      }
    }
    return { label, operator, value };
  }

  #list<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (this.#peek().text !== end) {
      items.push(read());
      if (this.#peek().text === ',') this.#next();
      else break;
    }
    this.expect('sign', end);
    return items;
  }

  #peek(): Token {
    const token = this.#tokens[this.#index];
    if (!token) throw new Error('the end has been passed');
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#index++;
    return token;
  }

  #unexpected(token: Token): ParseError {
    const what = token.kind === 'end' ? 'end of input' : JSON.stringify(token.text);
    return errorAt(token.position, `unexpected ${what}`);
  }
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return inner.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
}

function secondsOf(duration: string): number {
  let seconds = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    seconds += Number(amount) * (unitSeconds[unit ?? ''] ?? 0);
  }
  return seconds;
}
