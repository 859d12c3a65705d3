import { bearer, type CredentialSource, type Credentials } from './credentials.ts';
import type { EntraTokens } from './entra-tokens.ts';

/** Proves to an API server who we are by tokens of Entra ID. */
export class EntraCredentials implements CredentialSource {
  readonly #made = new WeakMap<Credentials, string>();

  constructor(
    private readonly tokens: EntraTokens,
    /** The id of the app that the API server is to Entra. */
    private readonly serverId: string,
  ) {}

  async current(): Promise<Credentials> {
    const token = await this.tokens.token(this.serverId);
    const credentials = bearer(token);
    this.#made.set(credentials, token);
    return credentials;
  }

  refuse(credentials: Credentials): boolean {
    const token = this.#made.get(credentials);
    if (token !== undefined) this.tokens.drop(this.serverId, token);
    return true;
  }
}
