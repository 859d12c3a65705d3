/** Enough for any report that the step writes, which is at most half a megabyte. */
export const mostBytes = 4_000_000;

/** The REST API of the organisation, with the token of the reader. */
export class Rest {
  readonly #base: URL;

  /** `base`: of the organisation or the collection, as the host page tells it. */
  constructor(
    base: string,
    private readonly token: () => Promise<string>,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
  ) {
    this.#base = new URL(base.endsWith('/') ? base : `${base}/`);
  }

  /** An answer in JSON; `undefined` where there is no such thing: Servers answer a type of attachment that nobody used so. */
  async json(path: readonly (string | number)[], version: string): Promise<unknown> {
    const text = await this.text(path, version);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The same, as it came. */
  async text(path: readonly (string | number)[], version: string): Promise<string | undefined> {
    const url = new URL(path.map(part => encodeURIComponent(part)).join('/'), this.#base);
    url.searchParams.set('api-version', version);
    return this.#get(url);
  }

  /** The content of an attachment at the address that a list gave. Anywhere else the token must not go. */
  async attachment(address: string): Promise<string | undefined> {
    const url = new URL(address);
    if (!this.#isOurs(url)) throw new Error(`a report lies at ${url.origin}, where this page does not go`);
    return this.#get(url);
  }

  /** The organisation may be known by its old name and its new one. */
  #isOurs({ origin, protocol, hostname }: URL): boolean {
    const services = /^(.+\.)?(dev\.azure|visualstudio)\.com$/;
    return (
      origin === this.#base.origin ||
      (protocol === 'https:' && services.test(hostname) && services.test(this.#base.hostname))
    );
  }

  async #get(url: URL): Promise<string | undefined> {
    const answer = await this.#fetch(url);
    if (answer.status === 404) return undefined;
    // A 203 is the page that asks for a sign-in, where an answer should be.
    if (!answer.ok || answer.status === 203) throw new Error(statusText(answer.status));
    const text = await answer.text();
    if (text.length > mostBytes) throw new Error('a report is larger than any that the step writes');
    return text;
  }

  async #fetch(url: URL): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.token()}`, accept: 'application/json' };
    try {
      // Redirected, an expired session would end at a sign-in page, which is no answer.
      const init = { headers, redirect: 'error', cache: 'no-store', credentials: 'omit' } as const;
      return await this.fetch(url, init);
    } catch {
      throw new Error(`${url.host} did not answer`);
    }
  }
}

function statusText(status: number): string {
  if (status === 401 || status === 203)
    return `Azure DevOps did not accept the sign-in (${status}); reload the page`;
  if (status === 403) return `you may not read the attachments of this run (${status})`;
  return `Azure DevOps answered ${status}`;
}
