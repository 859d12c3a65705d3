import type { Agent as HttpAgent, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Verb } from './api-request.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { patienceForAddresses } from './network.ts';
import { agentVia } from './proxy-agent.ts';

/** What we show to a server that asks for one. */
type Certificate = Credentials['certificate'] | Connection['agentCertificate'];

/** The connections to one API server, which are kept for further requests. */
export class KeptConnections {
  readonly #connection: Connection;
  readonly #forRequests: HttpAgent | HttpsAgent;
  readonly #forWatches: HttpAgent | HttpsAgent;
  #secure: { readonly certificate: Certificate; readonly context: SecureContext } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#forRequests = agentFor(connection);
    this.#forWatches = agentFor(connection);
  }

  /** By which connection a request goes, whom that trusts, and what it shows. */
  optionsFor(verb: Verb, { certificate: own }: Credentials): RequestOptions {
    const { server, trust, agentCertificate } = this.#connection;
    const certificate = own ?? agentCertificate;
    const options = {
      agent: this.#agentFor(verb),
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
  }

  /** A watch holds its connection. It takes a warm one only where another one stays warm: a stop waits for no handshake. */
  #agentFor(verb: Verb): HttpAgent | HttpsAgent {
    const warm = Object.values(this.#forRequests.freeSockets).flat().length;
    return verb === 'watch' && warm < 2 ? this.#forWatches : this.#forRequests;
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

function agentFor({ server, proxy }: Connection): HttpAgent | HttpsAgent {
  return agentVia(proxy, new URL(server), {
    keepAlive: true,
    autoSelectFamilyAttemptTimeout: patienceForAddresses,
  });
}
