/** Shorter ones stand in many harmless words too; the agent masks them all the same. */
const shortestSecret = 4;
/** So much of a secret's beginning gives it away where a text was cut within it. */
const tellingPart = 12;

/**
 * Takes secrets out of texts before they leave the process. The agent masks its log only, and whole secrets only: neither what
 * output variables hold, nor a token of which a message that was cut shows nearly all (facts/azure.md 5).
 */
export class Redactor {
  /** What follows each beginning in the secrets that begin so. */
  readonly #endings = new Map<string, Set<string>>();

  /** Takes out this text from now on, also as JSON and addresses write it. */
  add(secret: string): void {
    if (secret.length < shortestSecret) return;
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      const beginning = form.slice(0, tellingPart);
      const endings = this.#endings.get(beginning) ?? new Set();
      this.#endings.set(beginning, endings.add(form.slice(tellingPart)));
    }
  }

  /** The text with `***` for each secret, and for as much of one as is there from its beginning. */
  redact(text: string): string {
    // The longest first, so that a short secret leaves no rest of a longer one behind.
    const all = [...this.#endings].sort(([a], [b]) => b.length - a.length);
    return all.reduce((redacted, [beginning, endings]) => {
      const [before, ...behind] = redacted.split(beginning);
      const rests = behind.map(rest =>
        rest.slice(Math.max(...[...endings].map(end => sharedLength(rest, end)))),
      );
      return [before, ...rests].join('***');
    }, text);
  }
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}
