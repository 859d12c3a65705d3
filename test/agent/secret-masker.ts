/** Hides known secrets, as whole strings: neither their parts nor the lines of those with several (facts/azure.md 5). */
export class SecretMasker {
  readonly #secrets = new Set<string>();

  add(secret: string): void {
    if (secret !== '') this.#secrets.add(secret);
  }

  mask(text: string): string {
    // The longest first, so that no secret leaves the rest of a longer one behind.
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length);
    return secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }
}
