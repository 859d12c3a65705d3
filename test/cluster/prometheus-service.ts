import { connect, createServer, type Server, type Socket } from 'node:net';
import { loopbackOf } from '../../rig/addresses.ts';
import { patchType } from '../../rig/kube-client.ts';
import { AddressPool } from '../../rig/kubelet/address-pool.ts';
import { until } from '../../rig/until.ts';
import type { TestCluster } from './test-cluster.ts';
import type { World } from './world.ts';

const port = 9090;

/**
 * Prometheus as a Service `prometheus` of a namespace. Its pod is scheduled nowhere: the test says where it is, and
 * leads what reaches its address to the Prometheus that runs beside the cluster.
 */
export class PrometheusService {
  private constructor(
    private readonly pool: AddressPool,
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
  ) {}

  static async start(world: World, namespace: string): Promise<PrometheusService> {
    const pool = await AddressPool.claim(1);
    const podIP = pool.take();
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      const target = connect(Number(new URL(world.data.prometheusUrl).port), '127.0.0.1');
      socket.pipe(target).pipe(socket);
      for (const one of [socket, target]) {
        sockets.add(one);
        one.on('error', () => one.destroy());
        one.on('close', () => sockets.delete(one));
      }
    });
    await new Promise<void>(resolve => server.listen(port, loopbackOf(podIP), resolve));
    const service = new PrometheusService(pool, server, sockets);
    try {
      await makeObjects(world.cluster, namespace, podIP);
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
    this.pool.close();
  }
}

async function makeObjects(
  { client, makeNamespace }: TestCluster,
  namespace: string,
  podIP: string,
): Promise<void> {
  await makeNamespace(namespace);
  const core = `/api/v1/namespaces/${namespace}`;
  const name = 'prometheus-0';
  await client.create(`${core}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'prometheus' },
    spec: { ports: [{ name: 'web', port }] },
  });
  await client.create(`${core}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      schedulerName: 'nobody',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'prometheus', image: 'registry.example.com/prometheus:2' }],
    },
  });
  // The API server leads requests to pods only, by the addresses that they have.
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
  await client.patch(`${core}/pods/${name}/status`, { status }, patchType.strategic);
  await client.create(`${core}/endpoints`, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'prometheus' },
    subsets: [
      {
        addresses: [{ ip: podIP, targetRef: { kind: 'Pod', namespace, name } }],
        ports: [{ name: 'web', port }],
      },
    ],
  });
  await until('Prometheus answers through the API server', () =>
    client.text(`${core}/services/prometheus:${port}/proxy/-/ready`).then(() => true),
  );
}
