/** What is wrong with a report, and where: `steps[2].weightAsked: expected a number`. */
export class UnreadableReport extends Error {}

/**
 * The fields of one object that came from outside. Whoever can write to the run can write an attachment, so that nothing is
 * believed: each field is checked and cut to size as it is read, and one that is not what it must be makes the report unreadable.
 */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    readonly path: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object');
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name) && this.#object[name] !== undefined;
  }

  text(name: string, most = 2_000): string {
    const value = this.#get(name);
    if (typeof value !== 'string') throw wrong(this.#at(name), 'a text');
    return shownText(value, most);
  }

  number(name: string): number {
    const value = this.#get(name);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(this.#at(name), 'a number');
    return value;
  }

  /** A time in ISO 8601. */
  time(name: string): string {
    const value = this.text(name, 40);
    if (!Number.isFinite(Date.parse(value))) throw wrong(this.#at(name), 'a time');
    return value;
  }

  /** One of the words; another one, which a later version may write, is the word for all others where there is such. */
  word<Word extends string>(name: string, words: readonly Word[], otherwise?: Word): Word {
    const value = this.text(name, 100);
    const found = words.find(word => word === value) ?? otherwise;
    if (found === undefined) throw wrong(this.#at(name), `one of ${words.join(', ')}`);
    return found;
  }

  /** An address that a link may have; `undefined` for any other, `javascript:` above all. */
  url(name: string): string | undefined {
    const value = this.text(name, 4_000);
    return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : undefined;
  }

  fields(name: string): Fields {
    return new Fields(this.#get(name), this.#at(name));
  }

  /** The first `most` of a list of objects. */
  list<T>(name: string, most: number, read: (fields: Fields) => T): readonly T[] {
    return this.#array(name, most).map((item, index) =>
      read(new Fields(item, `${this.#at(name)}[${index}]`)),
    );
  }

  /** The first `most` of a list of texts. */
  texts(name: string, most: number): readonly string[] {
    return this.#array(name, most).map((item, index) => {
      if (typeof item !== 'string') throw wrong(`${this.#at(name)}[${index}]`, 'a text');
      return shownText(item, 1_000);
    });
  }

  /** `{ [name]: read(name) }` where the field is there, else nothing: for fields that may be absent. */
  optional<Name extends string, T>(name: Name, read: (name: Name) => T): { readonly [K in Name]?: T } {
    return this.has(name) ? ({ [name]: read(name) } as { readonly [K in Name]: T }) : {};
  }

  #array(name: string, most: number): readonly unknown[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw wrong(this.#at(name), 'a list');
    return value.slice(0, most);
  }

  #get(name: string): unknown {
    return this.has(name) ? this.#object[name] : undefined;
  }

  #at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

function wrong(path: string, expected: string): UnreadableReport {
  return new UnreadableReport(`${path === '' ? 'the report' : path}: expected ${expected}`);
}

/** Cut to size, and without what moves or hides text around it: control characters and those that turn the direction of writing. */
function shownText(value: string, most: number): string {
  const text = value.slice(0, most + 1).replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
