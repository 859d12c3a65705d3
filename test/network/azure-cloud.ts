import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../../sandbox/tls/certificate.ts';
import { type Aks, answerResourceManager } from './azure-resource-manager.ts';
import { type App, answerTokenEndpoint } from './entra.ts';
import { Complaint, demand, type Question, type Told } from './question.ts';

/** What Azure Pipelines knows of a job. */
export interface Job {
  readonly collection: string;
  readonly project: string;
  readonly hub: string;
  readonly plan: string;
  readonly id: string;
  readonly token: string;
}

export interface AzureCloudOptions {
  readonly certificate: Certificate;
  readonly apps?: readonly App[];
  readonly job?: Job;
  /** What the virtual machine is: one identity, or one of several by its client id. */
  readonly machine?: { readonly client?: string };
  readonly clusters?: readonly Aks[];
  /** Of every token, in seconds. An hour where nothing is said. */
  readonly lifetime?: number;
  /** What tokens for a resource look like, by turns; the last one again and again. */
  readonly tokens?: Readonly<Record<string, readonly string[]>>;
}

/** A token that the stand-in gave out. */
export interface Issued {
  readonly token: string;
  readonly resource: string;
  readonly client: string;
}

/**
 * Entra ID, Azure Resource Manager, the OIDC route of Azure Pipelines and the metadata service of a virtual machine, on loopback. It
 * looks at every field of every question, and answers what is not as it has to be with 400 and a complaint.
 */
export class AzureCloud {
  /** What was wrong with questions. */
  readonly complaints: string[] = [];
  readonly issued: Issued[] = [];
  /** `POST /tenant/oauth2/v2.0/token`, of all questions. */
  readonly asked: string[] = [];
  /** What the next questions meet instead, one each. */
  readonly faults: Told[] = [];
  /** Statements about the job that nobody has used yet. */
  readonly statements = new Set<string>();
  /** Ids of assertions that were used. */
  readonly used = new Set<string>();
  readonly options: AzureCloudOptions;
  readonly #servers: readonly [Server, Server];
  #connection = '';

  private constructor(options: AzureCloudOptions) {
    this.options = options;
    const { key, cert } = options.certificate;
    const answer = (isSecure: boolean) => (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response, isSecure);
    this.#servers = [createServer({ key, cert }, answer(true)), createPlain(answer(false))];
  }

  static async start(options: AzureCloudOptions): Promise<AzureCloud> {
    const cloud = new AzureCloud(options);
    for (const server of cloud.#servers)
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return cloud;
  }

  /** Entra, Azure Resource Manager and Azure Pipelines. */
  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return portOf(this.#servers[0]);
  }

  get metadataUrl(): string {
    return `http://127.0.0.1:${portOf(this.#servers[1])}`;
  }

  /** The job may use this service connection, by its id. */
  mayUse(connection: string): void {
    this.#connection = connection;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  }

  /** A new token for a resource. */
  issue(resource: string, client: string): Told {
    const known = this.options.tokens?.[resource] ?? [];
    const before = this.issued.filter(one => one.resource === resource).length;
    const token = known[Math.min(before, known.length - 1)] ?? `token-${this.issued.length + 1}-of-${client}`;
    this.issued.push({ token, resource, client });
    const { lifetime = 3600 } = this.options;
    return { status: 200, body: { token_type: 'Bearer', expires_in: lifetime, access_token: token } };
  }

  async #answer(request: IncomingMessage, response: ServerResponse, isSecure: boolean): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://host');
    const question: Question = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      host: request.headers.host ?? '',
      text: await text(request),
    };
    this.asked.push(`${question.method} ${question.path}`);
    let told: Told;
    try {
      told = this.faults.shift() ?? (isSecure ? this.#tell(question) : this.#identify(question));
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      this.complaints.push(`${question.method} ${question.path}: ${error.message}`);
      told = { status: 400, body: { error: 'stand-in', error_description: error.message } };
    }
    response.writeHead(told.status, { 'content-type': 'application/json' }).end(JSON.stringify(told.body));
  }

  #tell(question: Question): Told {
    const [, tenant] = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(question.path) ?? [];
    if (tenant !== undefined) return answerTokenEndpoint(this, decodeURIComponent(tenant), question);
    if (question.path.startsWith('/subscriptions/')) return answerResourceManager(this, question);
    return this.#vouch(question);
  }

  /** Azure Pipelines: a statement about a job, for the service connection that it may use. */
  #vouch(question: Question): Told {
    const { job } = this.options;
    if (job === undefined) throw new Complaint('there is no job');
    const { collection, project, hub, plan, id, token } = job;
    const { method, path, query, headers, text: body } = question;
    const parts = `/plans/${plan}/jobs/${id}/oidctoken`;
    demand('path', path, `/${collection}/${project}/_apis/distributedtask/hubs/${hub}${parts}`);
    demand('method', method, 'POST');
    demand('query', query, { 'api-version': '7.2-preview.1', serviceConnectionId: this.#connection });
    demand('content-type', headers['content-type'], 'application/json');
    demand('x-tfs-fedauthredirect', headers['x-tfs-fedauthredirect'], 'Suppress');
    demand('body', body, '{}');
    if (headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: 'not this job' } };
    const statement = `statement-${this.asked.length}-about-the-job`;
    this.statements.add(statement);
    return { status: 200, body: { oidcToken: statement } };
  }

  /** The metadata service. */
  #identify({ method, path, query, headers }: Question): Told {
    const { machine } = this.options;
    demand('method', method, 'GET');
    demand('path', path, '/metadata/identity/oauth2/token');
    demand('Metadata', headers.metadata, 'true');
    demand('forwarded', headers['x-forwarded-for'], undefined);
    const { resource = '', ...others } = query;
    const { client_id: client, ...rest } = others;
    demand('query', rest, { 'api-version': '2018-02-01' });
    if (machine === undefined || machine.client !== client) {
      return { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } };
    }
    return this.issue(resource, client ?? 'the machine');
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
