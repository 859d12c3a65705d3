import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { routeInfo } from './diag.ts';
import type { Model } from './model.ts';

export interface AdminOptions {
  /** An address of 127.0.0.0/8. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The configuration in effect; undefined before the first one. */
  readonly model: () => Model | undefined;
  /** Envoy's statistics in Prometheus' format. */
  readonly envoyMetrics: () => Promise<string>;
}

/**
 * Emissary's port 8877: `/ambassador/v0/diag/?json=true`, optionally with `&filter=route_info` or `&filter=errors`, and
 * `/metrics` (`facts/emissary.md 10, 11`).
 */
export class AdminServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.url = `http://${address}:${port}`;
  }

  static async start(options: AdminOptions): Promise<AdminServer> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      answer(url, request.headers.host ?? '*', response, options).catch(error => {
        response.writeHead(500).end(String(error));
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port, options.host, resolve);
    });
    return new AdminServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

async function answer(
  url: URL,
  host: string,
  response: ServerResponse,
  options: AdminOptions,
): Promise<void> {
  const model = options.model();
  switch (url.pathname) {
    case '/metrics': {
      const text = (await options.envoyMetrics()) + ambassadorMetrics(model);
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
      return;
    }
    case '/ambassador/v0/diag/':
      if (model === undefined) response.writeHead(503).end("Can't do overview before configuration");
      else if (!url.searchParams.get('json'))
        response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      else sendJson(response, overview(model, host, url.searchParams.get('filter')));
      return;
    default:
      response.writeHead(404).end('Not found\n');
  }
}

const page = '<!doctype html><title>Diagnostics</title>Ask with ?json=true\n';

/** An unknown filter gives null, as Emissary does. */
function overview(model: Model, host: string, filter: string | null): unknown {
  const all = new Map<string, unknown>([
    ['route_info', routeInfo(model, host)],
    ['errors', model.errors],
    ['notices', []],
  ]);
  return filter === null || filter === '' ? Object.fromEntries(all) : (all.get(filter) ?? null);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}

/** The gauge of errors counts the keys that have one, not the errors (`diagd.py`). */
function ambassadorMetrics(model: Model | undefined): string {
  const keys = new Set(model?.errors.map(([key]) => key)).size;
  return [
    '# HELP ambassador_diagnostics_errors Number of configuration errors',
    '# TYPE ambassador_diagnostics_errors gauge',
    `ambassador_diagnostics_errors ${keys}.0`,
    '# HELP ambassador_diagnostics_notices Number of configuration notices',
    '# TYPE ambassador_diagnostics_notices gauge',
    'ambassador_diagnostics_notices 0.0',
    '',
  ].join('\n');
}
