import type { Duration } from '../release/duration.ts';
import type { CheckEntry } from './check-entries.ts';
import { type InputProblems, quote } from './input-problems.ts';
import { longestTime, parseBoundedTime } from './parse-numbers.ts';

const hints: Readonly<Record<string, string>> = {
  name: 'Write for example `name: queue-depth`',
  webhook: 'Write for example `webhook: https://tests.example.com/shop`',
  when: 'Write for example `when: before`',
  query: 'Write for example `query: max(queue_depth{pod=~"{{canary}}-.*"})`',
};

/** Reads the keys of one check, and notes what is wrong with them, each with its line. A key that is not asked for is unknown. */
export class CheckReader {
  readonly #asked = new Set<string>();

  constructor(
    private readonly entry: CheckEntry,
    private readonly problems: InputProblems,
  ) {}

  get line(): number {
    return this.entry.line;
  }

  has(key: string): boolean {
    return this.entry.fields.has(key);
  }

  /** Notes a problem with a key: the value itself only where it can't be a secret. */
  note(key: string, expected: string, found: string): void {
    const { line } = this.entry.fields.get(key) ?? this.entry;
    this.problems.invalid('checks', {
      expected: `${expected} as \`${key}\``,
      found: `${found} in line ${line}`,
      hint: hints[key] ?? `Correct \`${key}\`, or leave it out`,
    });
  }

  /** The raw value; `undefined` where the key is absent. */
  value(key: string): unknown {
    this.#asked.add(key);
    return this.entry.fields.get(key)?.value;
  }

  /** A text. `secret` ones are never quoted. */
  text(key: string, { secret = false } = {}): string | undefined {
    const value = this.value(key);
    if (typeof value === 'string' && value.trim() !== '') {
      const macro = /\$\([\w.]+\)/.exec(value)?.[0];
      if (macro === undefined) return value.trim();
      this.note(key, 'a text whose variables have values', `\`${macro}\``);
      return undefined;
    }
    if (this.has(key)) this.note(key, 'a text', secret ? 'something else' : shown(value));
    return undefined;
  }

  number(key: string): number | undefined {
    const value = this.value(key);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (this.has(key)) this.note(key, 'a number', shown(value));
    return undefined;
  }

  /** A whole number of at least `least`. */
  count(key: string, least: number): number | undefined {
    const value = this.value(key);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 1_000_000) {
      return value;
    }
    if (this.has(key)) this.note(key, `a whole number from ${least}`, shown(value));
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (typeof value === 'boolean') return value;
    if (this.has(key)) this.note(key, '`true` or `false`', shown(value));
    return undefined;
  }

  choice<T extends string>(key: string, words: readonly T[]): T | undefined {
    const value = this.value(key);
    const word = words.find(known => known === value);
    if (word === undefined && this.has(key)) {
      this.note(key, words.map(known => `\`${known}\``).join(' or '), shown(value));
    }
    return word;
  }

  /** A time above 0. */
  time(key: string): Duration | undefined {
    const value = this.value(key);
    const time = typeof value === 'string' ? parseBoundedTime(value) : undefined;
    if (time !== undefined && time.milliseconds > 0) return time;
    if (this.has(key)) {
      this.note(key, `a time above 0 with its unit, at most ${longestTime},`, shown(value));
    }
    return undefined;
  }

  /** To be called last: notes the keys that nobody asked for. */
  refuseOthers(): void {
    const known = [...this.#asked].map(key => `\`${key}\``).join(', ');
    for (const [key, { line }] of this.entry.fields) {
      if (this.#asked.has(key)) continue;
      this.problems.invalid('checks', {
        expected: `one of ${known}`,
        found: `${quote(key)} in line ${line}`,
        hint: 'Correct the key, or remove the line',
      });
    }
  }
}

/** A value as an error shows it. */
function shown(value: unknown): string {
  return value === null || value === undefined ? 'nothing' : quote(JSON.stringify(value));
}
