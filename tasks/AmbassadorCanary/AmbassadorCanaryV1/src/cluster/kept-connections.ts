import type { Agent as HttpAgent, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ApiRequest, Verb } from './api-request.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { patienceForAddresses } from './network.ts';
import { agentVia } from './proxy-agent.ts';

/** What we show to a server that asks for one. */
type Certificate = Credentials['certificate'] | Connection['agentCertificate'];

/** With so many connections busy, what is urgent takes one that others leave alone. */
const crowd = 16;

/** The connections to one API server, which are kept for further requests. */
export class KeptConnections {
  readonly #connection: Connection;
  readonly #forRequests: HttpAgent | HttpsAgent;
  readonly #forWatches: HttpAgent | HttpsAgent;
  /** Not more than a crowd either: hundreds of handshakes at once would hold up the first of them. */
  readonly #spare: HttpAgent | HttpsAgent;
  #secure: { readonly certificate: Certificate; readonly context: SecureContext } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#forRequests = agentFor(connection);
    this.#forWatches = agentFor(connection);
    this.#spare = agentFor(connection, crowd);
  }

  /** By which connection a request goes, whom that trusts, and what it shows. */
  optionsFor({ verb, urgent = false }: ApiRequest, { certificate: own }: Credentials): RequestOptions {
    const { server, trust, agentCertificate } = this.#connection;
    const certificate = own ?? agentCertificate;
    const options = {
      agent: this.#agentFor(verb, urgent),
      // The agent keeps connections apart by these, so a renewed client certificate never travels over an old one.
      ...trust,
      ...certificate,
      ...(server.startsWith('https:') && { secureContext: this.#secureContext(certificate) }),
    };
    return options as RequestOptions;
  }

  /** Closes those that are idle. */
  close(): void {
    this.#forRequests.destroy();
    this.#forWatches.destroy();
    this.#spare.destroy();
  }

  /**
   * A watch holds its connection. It takes a warm one only where another one stays warm: a stop waits for no handshake. Where many are at
   * work none is free, so the last of them opens a spare one, which waits for a stop from then on.
   */
  #agentFor(verb: Verb, isUrgent: boolean): HttpAgent | HttpsAgent {
    const { sockets, freeSockets } = this.#forRequests;
    const warm = countOf(freeSockets);
    if (verb === 'watch') return warm < 2 ? this.#forWatches : this.#forRequests;
    const isCold = countOf(this.#spare.sockets) + countOf(this.#spare.freeSockets) === 0;
    const isForSpare = isUrgent ? countOf(sockets) >= crowd - 1 : countOf(sockets) === crowd - 1 && isCold;
    return warm === 0 && isForSpare ? this.#spare : this.#forRequests;
  }

  /** Made once: node would read the same certificates again for each connection. */
  #secureContext(certificate: Certificate): SecureContext {
    if (this.#secure === undefined || this.#secure.certificate !== certificate) {
      const context = createSecureContext({ ...this.#connection.trust, ...certificate });
      this.#secure = { certificate, context };
    }
    return this.#secure.context;
  }
}

function countOf(sockets: HttpAgent['sockets'] | HttpAgent['freeSockets']): number {
  return Object.values(sockets).reduce((all, some = []) => all + some.length, 0);
}

function agentFor(
  { server, proxy }: Connection,
  maxSockets = Number.POSITIVE_INFINITY,
): HttpAgent | HttpsAgent {
  return agentVia(proxy, new URL(server), {
    keepAlive: true,
    maxSockets,
    autoSelectFamilyAttemptTimeout: patienceForAddresses,
  });
}
