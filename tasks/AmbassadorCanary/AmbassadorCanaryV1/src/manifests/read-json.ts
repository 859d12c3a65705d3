import { deepest, type Path, type Problem, type ReadDocument, setField } from './read-document.ts';

export type JsonReading =
  | { readonly kind: 'json'; readonly documents: readonly ReadDocument[] }
  | { readonly kind: 'not-json'; readonly problem: Problem };

/**
 * The documents of a JSON text: one object, or several one after the other, as kubectl takes them. Unlike JSON.parse it finds duplicate
 * keys and integers that would be changed. What is no JSON may still be YAML, so that is `not-json` and no more.
 */
export function readJson(text: string): JsonReading {
  const reader = new JsonReader(text);
  const documents: ReadDocument[] = [];
  try {
    for (let start = reader.skipSpace(0); start < text.length; start = reader.skipSpace(reader.at)) {
      const value = reader.read(start);
      const problems = reader.takeProblems();
      documents.push(
        problems.length > 0
          ? { kind: 'broken', problems }
          : { kind: 'value', value, lineAt: path => reader.lineAt(value, path) },
      );
    }
  } catch (thrown) {
    if (!(thrown instanceof NotJson)) throw thrown;
    const problem = { line: reader.lineOf(thrown.offset), reason: `not valid JSON: ${thrown.message}` };
    return { kind: 'not-json', problem };
  }
  return { kind: 'json', documents };
}

class NotJson extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

class JsonReader {
  /** Behind what was read last. */
  at = 0;
  readonly #text: string;
  readonly #plain = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
  readonly #space = /[ \t\r\n]*/y;
  /** Where each object and list begins. */
  readonly #starts = new WeakMap<object, number>();
  /** Where each line begins. (The counter of `yaml` would load all of that, which JSON alone does not need.) */
  #lines: readonly number[] | undefined;
  #problems: Problem[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  takeProblems(): Problem[] {
    const problems = this.#problems;
    this.#problems = [];
    return problems;
  }

  skipSpace(offset: number): number {
    this.#space.lastIndex = offset;
    this.#space.test(this.#text);
    return this.#space.lastIndex;
  }

  read(offset: number, depth = 0): unknown {
    if (depth > deepest) throw new NotJson(offset, `it is nested more than ${deepest} levels deep`);
    const first = this.#text[offset];
    if (first === '"') return this.#string(offset);
    if (first !== '{' && first !== '[') return this.#word(offset);
    const record: Record<string, unknown> = {};
    const list: unknown[] = [];
    for (const { key, value, start } of this.#members(offset)) {
      const item = this.read(value, depth + 1);
      if (key === undefined) {
        list.push(item);
        continue;
      }
      if (Object.hasOwn(record, key)) {
        const reason = `the key ${JSON.stringify(key)} is there twice`;
        this.#problems.push({ line: this.lineOf(start), reason, hint: 'Remove one of the two' });
      }
      setField(record, key, item);
    }
    const container = first === '{' ? record : list;
    this.#starts.set(container, offset);
    return container;
  }

  /** The line of the value at the end of the path, or of the last one on the way. */
  lineAt(root: unknown, path: Path): number {
    let container = root;
    for (const [index, step] of path.entries()) {
      const start = this.#starts.get(container as object) ?? 0;
      const next = (container as Record<string | number, unknown>)[step];
      if (typeof next === 'object' && next !== null) {
        container = next;
      } else {
        return this.lineOf(index === path.length - 1 ? this.#memberOf(start, step) : start);
      }
    }
    return this.lineOf(this.#starts.get(container as object) ?? 0);
  }

  lineOf(offset: number): number {
    this.#lines ??= linesOf(this.#text);
    let [before, behind] = [0, this.#lines.length];
    while (before < behind) {
      const middle = (before + behind) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) before = middle + 1;
      else behind = middle;
    }
    return before;
  }

  /** The offset of a member that is no container, found by reading its container once more; that of the container where there is none. */
  #memberOf(start: number, step: string | number): number {
    let index = 0;
    for (const { key, value } of this.#members(start)) {
      if ((key ?? index) === step) return value;
      this.read(value);
      index++;
    }
    return start;
  }

  /** Where the members of an object or list begin. Who asks for the next must have read the last one's value. */
  *#members(offset: number): Generator<{ key: string | undefined; start: number; value: number }> {
    const isObject = this.#text[offset] === '{';
    const end = isObject ? '}' : ']';
    let start = this.skipSpace(offset + 1);
    if (this.#text[start] === end) {
      this.at = start + 1;
      return;
    }
    for (;;) {
      let key: string | undefined;
      let value = start;
      if (isObject) {
        key = this.#string(start);
        const colon = this.skipSpace(this.at);
        if (this.#text[colon] !== ':')
          throw new NotJson(colon, `a colon is missing behind ${JSON.stringify(key)}`);
        value = this.skipSpace(colon + 1);
      }
      yield { key, start, value };
      const next = this.skipSpace(this.at);
      this.at = next + 1;
      if (this.#text[next] === end) return;
      if (this.#text[next] !== ',') throw new NotJson(next, `a comma or ${end} is missing`);
      start = this.skipSpace(next + 1);
    }
  }

  #string(offset: number): string {
    if (this.#text[offset] !== '"') throw new NotJson(offset, 'a key in double quotes is missing');
    let end = this.#text.indexOf('"', offset + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) throw new NotJson(offset, 'a string has no end');
    this.at = end + 1;
    try {
      return JSON.parse(this.#text.slice(offset, end + 1)) as string;
    } catch {
      throw new NotJson(offset, 'a string has a bad escape or a control character');
    }
  }

  #isEscaped(offset: number): boolean {
    let backslashes = 0;
    while (this.#text[offset - 1 - backslashes] === '\\') backslashes++;
    return backslashes % 2 === 1;
  }

  #word(offset: number): unknown {
    this.#plain.lastIndex = offset;
    const word = this.#plain.exec(this.#text)?.[0];
    if (word === undefined) throw new NotJson(offset, 'a value is missing');
    this.at = offset + word.length;
    const value: unknown = JSON.parse(word);
    if (typeof value === 'number' && !isExact(value, word)) {
      const reason = 'a number is too large to be kept exactly';
      const hint = 'Quote it if it is a text, a label or a quantity';
      this.#problems.push({ line: this.lineOf(offset), reason, hint });
    }
    return value === 0 ? 0 : value;
  }
}

function isExact(value: number, word: string): boolean {
  return /^-?[0-9]+$/.test(word) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function linesOf(text: string): readonly number[] {
  const lines = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) lines.push(end + 1);
  return lines;
}
