import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Secret } from '../release/secret.ts';
import { isExcepted, isOfThisMachine } from './no-proxy.ts';
import { agentVia, type HttpProxy } from './proxy-agent.ts';

/** How the agent's machine reaches others, as the agent was set up (facts/azure.md 5). */
export interface NetworkSettings {
  /** For servers that are asked over plain HTTP, and over TLS. */
  readonly proxies: { readonly http?: HttpProxy; readonly https?: HttpProxy };
  /** Patterns of URLs that are reached straight: `Agent.ProxyBypassList`. */
  readonly bypass: readonly string[];
  /** NO_PROXY. */
  readonly noProxy: string;
  /** PEM: all who are trusted where nobody in particular is. Absent: those whom Node trusts. */
  readonly authorities?: readonly string[];
  /** Shown to servers that ask for one. */
  readonly clientCertificate?: AgentCertificate;
  /** `Agent.SkipCertValidation`. */
  readonly acceptUntrustedCerts: boolean;
}

/** PEM with its key, or a PFX archive. */
export type AgentCertificate = { readonly passphrase?: Secret } & (
  | { readonly cert: string; readonly key: Secret }
  | { readonly pfx: Buffer }
);

/** The way to any server, for whoever asks one: the API server, Prometheus, webhooks, Entra. */
export class Network {
  readonly #settings: NetworkSettings;
  readonly #bypass: readonly RegExp[];
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();

  constructor(settings: NetworkSettings) {
    this.#settings = settings;
    this.#bypass = settings.bypass.flatMap(patternOf);
  }

  /** The proxy on the way to this server; `undefined` where it is reached straight. */
  proxyFor(url: URL): HttpProxy | undefined {
    const { proxies, noProxy } = this.#settings;
    const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
    if (proxy === undefined || isOfThisMachine(url) || isExcepted(url, noProxy)) return undefined;
    if (this.#bypass.some(pattern => pattern.test(url.href))) return undefined;
    return { ...proxy, trust: this.trust };
  }

  /** Whom to trust where a connection trusts nobody in particular. */
  get trust(): { readonly ca?: string[]; readonly rejectUnauthorized: boolean } {
    const { authorities, acceptUntrustedCerts } = this.#settings;
    return { ...(authorities && { ca: [...authorities] }), rejectUnauthorized: !acceptUntrustedCerts };
  }

  /** What to show to a server that asks for a certificate, where a connection has none of its own. */
  get clientCertificate(): CertificateOptions {
    const { clientCertificate } = this.#settings;
    return clientCertificate === undefined ? {} : optionsOf(clientCertificate);
  }

  /** What a program that we start has to be told to go the same way; only what the agent was set up with, for the rest it inherits. */
  get environment(): Readonly<Record<string, string>> {
    const { proxies, noProxy } = this.#settings;
    const { http, https } = proxies;
    return {
      ...(http && { HTTP_PROXY: addressWithLogin(http) }),
      ...(https && { HTTPS_PROXY: addressWithLogin(https) }),
      ...(noProxy !== '' && { NO_PROXY: noProxy }),
    };
  }

  /** An agent that keeps its connections, at most so many to a server, shared by all who ask servers of this kind in this way. */
  agentFor(url: URL, mostAtOnce = 4): HttpAgent | HttpsAgent {
    const proxy = this.proxyFor(url);
    const kind = `${url.protocol} ${proxy === undefined ? 'straight' : 'proxy'} ${mostAtOnce}`;
    const known = this.#agents.get(kind);
    if (known !== undefined) return known;
    const agent = agentVia(proxy, url, {
      keepAlive: true,
      maxSockets: mostAtOnce,
      autoSelectFamilyAttemptTimeout: patienceForAddresses,
      ...(url.protocol === 'https:' && { ...this.trust, ...this.clientCertificate }),
    });
    this.#agents.set(kind, agent);
    return agent;
  }
}

/** A certificate of ours as Node takes it. */
export type CertificateOptions = Pick<SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase'>;

/** The certificate as Node takes it. */
export function optionsOf(own: AgentCertificate): CertificateOptions {
  return {
    ...('pfx' in own ? { pfx: own.pfx } : { cert: own.cert, key: own.key.reveal() }),
    ...(own.passphrase && { passphrase: own.passphrase.reveal() }),
  };
}

/** Node gives each of several addresses 250 ms, too little for a far server behind a busy agent. In milliseconds. */
export const patienceForAddresses = 2_500;

function addressWithLogin({ url, authorization }: HttpProxy): string {
  const address = new URL(url);
  const [, packed = ''] = authorization?.reveal().split(' ') ?? [];
  const [user = '', ...password] = Buffer.from(packed, 'base64').toString('utf8').split(':');
  address.username = encodeURIComponent(user);
  address.password = encodeURIComponent(password.join(':'));
  return address.href;
}

/** The agent itself passes over what is no pattern. */
function patternOf(text: string): readonly RegExp[] {
  try {
    return [new RegExp(text, 'i')];
  } catch {
    return [];
  }
}
