import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { isPodAddress, loopbackOf } from '../addresses.ts';

/** What the API server reads to find the proxy: `services/proxy`, `pods/proxy`, webhooks and kubelets go through it. */
export function egressConfiguration(socketPath: string): object {
  return {
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [
      {
        name: 'cluster',
        connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: socketPath } } },
      },
    ],
  };
}

/** The API server's way to the pods: it knows their addresses, and this proxy knows where they really listen. */
export class Egress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer().on('connect', (request, client: Socket) =>
      this.#join(request.url ?? '', client),
    );
  }

  static async start(socketPath: string): Promise<Egress> {
    const egress = new Egress();
    await new Promise<void>((resolve, reject) => {
      egress.#server.once('error', reject).listen(socketPath, resolve);
    });
    return egress;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #join(authority: string, client: Socket): void {
    const { hostname, port } = new URL(`http://${authority}`);
    const host = isPodAddress(hostname) ? loopbackOf(hostname) : hostname;
    const target = connect(Number(port || 80), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
