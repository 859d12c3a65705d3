import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { CanaryError } from '../release/errors.ts';

/** A client certificate and its key, as PEM text. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** How one request proves who we are. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate?: ClientCertificate;
}

/** Where credentials come from. Those that expire are renewed inside, in time and by one caller for all. */
export interface CredentialSource {
  /** What to prove the next request with. Rejects with `CONNECTION_INVALID` where nothing can be had. */
  current(): Promise<Credentials>;
  /** The server did not accept these (401). True where `current` may now bring others, so that asking again makes sense. */
  refuse(credentials: Credentials): boolean;
}

/** Told of every token, key and password before it is used, so that the log can mask it. May get several lines at once. */
export type RegisterSecret = (value: string) => void;

/** Credentials of a token, without the line end that files and copies have. Throws `CONNECTION_INVALID` for what can't be one. */
export function bearer(token: string): Credentials {
  const bare = token.trim();
  if (!/^[\x21-\x7e]+$/.test(bare)) {
    throw new CanaryError('CONNECTION_INVALID', 'The token of the connection is not a token', {
      expected: 'printable characters without spaces',
      found: bare === '' ? 'nothing' : 'other characters, as from decoding twice',
      hint: 'Paste the token of the service account into the service connection again',
    });
  }
  return { headers: { authorization: `Bearer ${bare}` } };
}

/** Credentials that never change: a token, a password, a certificate, or none. */
export function fixedCredentials(credentials: Credentials): CredentialSource {
  return { current: async () => credentials, refuse: () => false };
}

/** client-go reads token files again after this time, and rotated tokens stay valid for longer. */
const tokenFileAge = 60_000;

/** A token in a file that somebody else renews, such as a mounted service account's. `now` is in milliseconds. */
export class TokenFile implements CredentialSource {
  #known: { readonly credentials: Credentials; readonly readAt: number } | undefined;

  constructor(
    private readonly path: string,
    private readonly registerSecret: RegisterSecret,
    private readonly now: () => number,
  ) {}

  async current(): Promise<Credentials> {
    if (this.#known !== undefined && this.now() - this.#known.readAt < tokenFileAge)
      return this.#known.credentials;
    const token = await this.#read();
    this.registerSecret(token.trim());
    this.#known = { credentials: bearer(token), readAt: this.now() };
    return this.#known.credentials;
  }

  refuse(credentials: Credentials): boolean {
    if (this.#known?.credentials === credentials) this.#known = undefined;
    return true;
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      throw new CanaryError('CONNECTION_INVALID', 'The token file of the kubeconfig cannot be read', {
        found: (error as Error).message,
        hint: 'Let the service connection carry the token itself, or make the file readable on the agent',
        cause: error,
      });
    }
  }
}

/** The `oidc` auth-provider, whose token client-node renews at its issuer. */
export class OidcCredentials implements CredentialSource {
  #last: Credentials | undefined;

  constructor(
    private readonly kubeConfig: KubeConfig,
    private readonly registerSecret: RegisterSecret,
  ) {}

  async current(): Promise<Credentials> {
    const options: { headers: Record<string, string> } = { headers: {} };
    await this.kubeConfig.applyToHTTPSOptions(options);
    const authorization = options.headers.Authorization;
    if (authorization === undefined) {
      throw new CanaryError('CONNECTION_INVALID', 'The oidc auth-provider of the kubeconfig gives no token', {
        expected: 'an id-token, or a client-id, refresh-token and idp-issuer-url to get one with',
        hint: 'Use a service account token for the service connection',
      });
    }
    if (this.#last?.headers.authorization !== authorization) {
      this.registerSecret(authorization.replace(/^Bearer /, ''));
      this.#last = { headers: { authorization } };
    }
    return this.#last;
  }

  refuse(): boolean {
    return false;
  }
}

/** The same source, each of its credentials with these headers besides: how one acts as somebody else. */
export function withHeaders(
  source: CredentialSource,
  headers: Readonly<Record<string, string>>,
): CredentialSource {
  const originals = new WeakMap<Credentials, Credentials>();
  return {
    current: async () => {
      const original = await source.current();
      const extended = { ...original, headers: { ...original.headers, ...headers } };
      originals.set(extended, original);
      return extended;
    },
    refuse: credentials => source.refuse(originals.get(credentials) ?? credentials),
  };
}
