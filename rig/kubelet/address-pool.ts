import { createServer, type Server } from 'node:net';
import { addressesPerBlock, blockAddress, blockCount, podAddress } from '../addresses.ts';

/** Any port would do, as long as all rigs use the same. */
const claimPort = 10255;

/**
 * The pod addresses of one node. Several rigs may run on one machine, so a pool owns its blocks of addresses: it
 * listens on an address of each block that no pod gets, which only one process can, and which ends with the process.
 */
export class AddressPool {
  readonly #claims: readonly { block: number; server: Server }[];
  readonly #taken = new Set<string>();
  #next = 0;

  private constructor(claims: readonly { block: number; server: Server }[]) {
    this.#claims = claims;
  }

  /** Claims addresses for at least `count` pods. Throws when so many are not free. */
  static async claim(count: number): Promise<AddressPool> {
    const claims: { block: number; server: Server }[] = [];
    const wanted = Math.ceil(count / addressesPerBlock);
    const first = Math.floor(Math.random() * blockCount);
    for (let step = 0; claims.length < wanted; step++) {
      if (step === blockCount) {
        for (const { server } of claims) server.close();
        throw new Error(`no free addresses for ${count} pods: do other rigs still run?`);
      }
      const block = (first + step) % blockCount;
      const server = await listen(blockAddress(block));
      if (server) claims.push({ block, server });
    }
    return new AddressPool(claims);
  }

  /** Gives an address. They are given in turn, so that one is not used again soon after its pod is gone. */
  take(): string {
    const size = this.#claims.length * addressesPerBlock;
    for (let step = 0; step < size; step++) {
      const slot = this.#next++ % size;
      const block = this.#claims[Math.floor(slot / addressesPerBlock)]?.block ?? 0;
      const address = podAddress(block, slot % addressesPerBlock);
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error(`all ${size} pod addresses are taken`);
  }

  /** Takes an address back from a pod that is gone. */
  release(address: string): void {
    this.#taken.delete(address);
  }

  /** Gives up its blocks. */
  close(): void {
    for (const { server } of this.#claims) server.close();
  }
}

function listen(host: string): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer(socket => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host, port: claimPort, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}
