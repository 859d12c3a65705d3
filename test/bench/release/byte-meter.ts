import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to a server as they are, and counts the bytes of both ways. */
export class ByteMeter {
  #bytes = 0;
  #connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** Before an API server such as `https://127.0.0.1:6443`. */
  static async before(address: string): Promise<ByteMeter> {
    const { hostname, port } = new URL(address);
    const server = createServer({ noDelay: true });
    const meter = new ByteMeter(server);
    server.on('connection', near =>
      meter.#join(near, connect({ host: hostname, port: Number(port), noDelay: true })),
    );
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
    return meter;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What passed since the last call. */
  take(): { readonly bytes: number; readonly connections: number } {
    const taken = { bytes: this.#bytes, connections: this.#connections };
    this.#bytes = 0;
    this.#connections = 0;
    return taken;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    this.#connections += 1;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', chunk => {
        this.#bytes += chunk.length;
      });
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }
}
