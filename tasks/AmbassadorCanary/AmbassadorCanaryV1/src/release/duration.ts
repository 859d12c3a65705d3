const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof units;

/** A length of time. Holds whole milliseconds, never a bare number whose unit one has to guess. */
export class Duration {
  static readonly zero = new Duration(0);

  private constructor(readonly milliseconds: number) {}

  static milliseconds(amount: number): Duration {
    if (!Number.isFinite(amount) || amount < 0) {
      throw new RangeError(`A duration must be a number of milliseconds from 0 up, not ${amount}`);
    }
    return new Duration(Math.round(amount));
  }

  static seconds(amount: number): Duration {
    return Duration.milliseconds(amount * units.s);
  }

  static minutes(amount: number): Duration {
    return Duration.milliseconds(amount * units.m);
  }

  /** Reads `30s`, `5m`, `1h30m`, `500ms` or `0`. Anything else, also a bare number, is `undefined`: its unit would be a guess. */
  static parse(text: string): Duration | undefined {
    const trimmed = text.trim();
    if (trimmed === '0') return Duration.zero;
    if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(trimmed)) return undefined;
    let total = 0;
    for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
      total += Number(amount) * units[unit as Unit];
    }
    return Number.isSafeInteger(Math.round(total)) ? Duration.milliseconds(total) : undefined;
  }

  get seconds(): number {
    return this.milliseconds / units.s;
  }

  plus(other: Duration): Duration {
    return new Duration(this.milliseconds + other.milliseconds);
  }

  times(factor: number): Duration {
    return Duration.milliseconds(this.milliseconds * factor);
  }

  isShorterThan(other: Duration): boolean {
    return this.milliseconds < other.milliseconds;
  }

  /** As one would write it in YAML: `1h30m`, `45s`, `250ms`, `0s`. */
  toString(): string {
    if (this.milliseconds === 0) return '0s';
    let rest = this.milliseconds;
    let text = '';
    for (const unit of ['h', 'm', 's', 'ms'] as const) {
      const whole = Math.floor(rest / units[unit]);
      rest -= whole * units[unit];
      if (whole > 0) text += `${whole}${unit}`;
    }
    return text;
  }

  /** As on a stop-watch: `00:30`, `12:05`, `1:02:03`. */
  toClock(): string {
    const whole = Math.floor(this.seconds);
    const two = (n: number) => String(n).padStart(2, '0');
    const hours = Math.floor(whole / 3600);
    const tail = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return hours > 0 ? `${hours}:${tail}` : tail;
  }
}
