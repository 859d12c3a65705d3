import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerRunner } from './container-runner.ts';

const followEveryMs = 200;

/**
 * The HTTPS side of the kubelet, which the API server asks on behalf of clients. It serves the logs of containers
 * (`kubectl logs`); exec, attach and port-forward are refused with words.
 */
export class KubeletServer {
  readonly #server: Server;
  readonly #find: (namespace: string, pod: string, container: string) => ContainerRunner | undefined;

  constructor(
    tls: { readonly cert: string; readonly key: string },
    find: (namespace: string, pod: string, container: string) => ContainerRunner | undefined,
  ) {
    this.#find = find;
    this.#server = createServer(tls, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (request, socket) => {
      const words = refusal(request);
      const head = `HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\ncontent-length: ${words.length}`;
      socket.end(`${head}\r\nconnection: close\r\n\r\n${words}`);
    });
  }

  /** Listens on a free port of a loopback address and gives the port. */
  async listen(address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, address, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, verb, namespace = '', pod = '', container = ''] = url.pathname.split('/');
    if (verb !== 'containerLogs') {
      response.writeHead(501, { 'content-type': 'text/plain' }).end(refusal(request));
      return;
    }
    const runner = this.#find(namespace, pod, container);
    const previous = url.searchParams.get('previous') === 'true';
    const file = runner?.logFile(previous);
    if (!runner || !file) {
      const which = previous ? 'previous terminated container' : 'container';
      const words = `${which} "${container}" in pod "${pod}" not found`;
      response.writeHead(404, { 'content-type': 'text/plain' }).end(words);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    const follow = url.searchParams.get('follow') === 'true' && !previous;
    const isOver = () =>
      response.destroyed || !('running' in runner.status.state) || runner.logFile(false) !== file;
    await sendLog(file, response, url.searchParams.get('tailLines'), follow ? isOver : () => true);
    response.end();
  }
}

/** Sends a log from its start, or its last lines, and what is added until `isOver`. */
async function sendLog(
  file: string,
  response: ServerResponse,
  tailLines: string | null,
  isOver: () => boolean,
): Promise<void> {
  const log = await open(file);
  try {
    let text = await log.readFile('utf8');
    if (tailLines !== null) text = lastLines(text, Number(tailLines));
    for (;;) {
      const over = isOver();
      if (text) response.write(text);
      if (over) return;
      await sleep(followEveryMs);
      // The handle stands behind what was read.
      text = await log.readFile('utf8');
    }
  } finally {
    await log.close();
  }
}

function lastLines(text: string, count: number): string {
  const lines = text.split(/(?<=\n)/);
  return lines.slice(Math.max(0, lines.length - count)).join('');
}

function refusal(request: IncomingMessage): string {
  return `the rig's kubelet serves logs only, not ${request.url?.split('/')[1]}\n`;
}
