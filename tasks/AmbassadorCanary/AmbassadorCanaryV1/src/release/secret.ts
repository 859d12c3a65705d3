/**
 * A text that nobody may see: printed, serialised or inspected it is `***`, so that a spec that holds one may be shown whole.
 * Who has to send it asks for it by name.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }
}

/** HTTP headers. Any value may be a credential. */
export type SecretHeaders = Readonly<Record<string, Secret>>;

/** Whether they say who asks. */
export function hasAuthorization(headers: SecretHeaders): boolean {
  return Object.keys(headers).some(name => name.toLowerCase() === 'authorization');
}

/** The headers as they are sent. */
export function revealAll(headers: SecretHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
}
