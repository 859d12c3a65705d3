import { createServer, type Server } from 'node:net';

/** Below the range that the system picks from for outgoing connections, so that a server can come back to its port. */
const lowest = 20_000;
const highest = 32_000;

/** Gives `count` different TCP ports that are free on 127.0.0.1 at this moment. Throws when the search is in vain. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt > 100 + count * 10) throw new Error(`no ${count} free ports found on 127.0.0.1`);
      const port = lowest + Math.floor(Math.random() * (highest - lowest));
      const server = await hold(port);
      if (server) held.push({ port, server });
    }
    return held.map(entry => entry.port);
  } finally {
    await Promise.all(held.map(entry => new Promise(resolve => entry.server.close(resolve))));
  }
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
