import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText } from '../../../rig/kubeconfig.ts';
import { clusterForTests } from '../../cluster/test-cluster.ts';

/** An API server that has nodes and notes what is asked of it. */
class ClusterWithNodes {
  readonly requests: string[] = [];
  readonly #server: Server;

  constructor(runtimes: readonly string[]) {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      const items = runtimes.map((containerRuntimeVersion, index) => ({
        metadata: { name: `node-${index}` },
        status: { nodeInfo: { containerRuntimeVersion } },
      }));
      response.end(JSON.stringify({ metadata: {}, items }));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('the cluster of KUBECONFIG for the tests', () => {
  let path: string;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'test-cluster-'));
    path = join(folder, 'config');
  });
  after(() => rm(folder, { recursive: true }));

  async function open(cluster: ClusterWithNodes, token = 'secret'): Promise<void> {
    const server = await cluster.start();
    await writeFile(path, kubeconfigText({ server, caPem: 'pem', user: 'me', token }));
    try {
      await (await clusterForTests(path)).stop();
    } finally {
      cluster.stop();
    }
  }

  it('is taken where all its nodes are the rig’s', async () => {
    const cluster = new ClusterWithNodes(['rig://node-20']);
    await open(cluster);
    assert.deepEqual(cluster.requests, ['GET /api/v1/nodes', 'GET /api/v1/namespaces']);
  });

  for (const [runtimes, found] of [
    [['rig://node-20', 'containerd://2.1'], /is no rig \(node node-1 runs containerd:\/\/2\.1\)/],
    [[], /is no rig \(it has no node\)/],
  ] as const) {
    it(`is refused before anything is written where it has ${runtimes.join(' and ') || 'no nodes'}`, async () => {
      const cluster = new ClusterWithNodes(runtimes);
      await assert.rejects(open(cluster), found);
      assert.deepEqual(cluster.requests, ['GET /api/v1/nodes']);
    });
  }

  it('must be named by one file', async () => {
    await assert.rejects(clusterForTests('/a:/b'), /must name one file/);
  });
});
