import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root, staging } from '../../scripts/layout.ts';
import { tabFile } from '../../scripts/tab-page.ts';

/** What of a run stands where. */
export interface FakeRun {
  /** Of the build, or of the stage of a classic release. */
  status: string;
  /** Texts of attachments, one for each attempt and release. */
  attachments: readonly string[];
}

/**
 * A server on loopback that is Azure DevOps to the tab: the page that frames it, at 127.0.0.1, the REST API there, and the tab itself
 * under another origin, `localhost`, as the extension's own host is. What it serves is the built tab.
 */
export class FakeAzure {
  run: FakeRun = { status: 'completed', attachments: [] };
  /** Answers to the REST API with this status instead, while set. */
  broken: number | undefined;
  /** Holds back answers of the REST API until it settles, while set. */
  slow: Promise<void> | undefined;
  /** Requests to the REST API: method, path with query, and the token. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeAzure> {
    const server = createServer();
    const azure = new FakeAzure(server);
    server.on('request', (request, response) => void azure.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return azure;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The address of the tab, on an origin of its own. */
  get tab(): string {
    return `${this.origin.replace('127.0.0.1', 'localhost')}/${tabFile}`;
  }

  /** The page that frames the tab. */
  hostPage(world: object): string {
    return `${this.origin}/host?world=${encodeURIComponent(JSON.stringify({ tab: this.tab, ...world }))}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.origin);
    if (pathname === '/host')
      return html(response, readFileSync(join(root, 'test', 'tab', 'host-page.html'), 'utf8'));
    if (pathname === `/${tabFile}`) return html(response, readFileSync(join(staging, tabFile), 'utf8'));
    if (!pathname.startsWith('/shop/')) return end(response, 404, '');
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, accept');
    if (request.method === 'OPTIONS') return end(response, 204, '');
    this.asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    await this.slow;
    if (this.broken !== undefined) return end(response, this.broken, '');
    const answer = this.#rest(pathname);
    if (answer === undefined) return end(response, 404, '{}');
    return end(response, 200, typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  #rest(path: string): unknown {
    const { status, attachments } = this.run;
    const content = /\/content\/(\d+)$|\/attachments\/ambassador-canary-report\/(\d+)$/.exec(path);
    if (content) return attachments[Number(content[1] ?? content[2])];
    if (/\/builds\/\d+$/.test(path)) return { id: 42, status };
    if (/\/releases\/\d+$/.test(path)) {
      const deploySteps = [{ attempt: 1, releaseDeployPhases: [{ runPlanId: 'the-plan' }] }];
      return { id: 7, environments: [{ id: 2, status, deploySteps }] };
    }
    if (!path.endsWith('/attachments/ambassador-canary-report')) return undefined;
    // A Server knows no type of attachment that nobody has used.
    if (attachments.length === 0) return undefined;
    return {
      value: attachments.map((_, index) => ({
        name: String(index),
        timelineId: 'timeline',
        recordId: 'record',
        _links: { self: { href: `${this.origin}/shop/content/${index}` } },
      })),
    };
  }
}

function html(response: ServerResponse, text: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  end(response, 200, text);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}
