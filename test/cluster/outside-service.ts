import { connect, createServer, type Server, type Socket } from 'node:net';
import { loopbackOf } from '../../rig/addresses.ts';
import { emissaryNamespace } from '../../rig/data-plane.ts';
import { patchType } from '../../rig/kube-client.ts';
import { AddressPool } from '../../rig/kubelet/address-pool.ts';
import { until } from '../../rig/until.ts';
import type { TestCluster } from './test-cluster.ts';
import type { World } from './world.ts';

/** What a Service stands for that runs beside the cluster. */
export interface Outside {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly port: number;
  /** Where it really listens, on 127.0.0.1. */
  readonly url: string;
  /** A path that answers once all is there. */
  readonly readyPath: string;
}

/** Prometheus as a Service `prometheus` of a new namespace, as long as there is this world. */
export async function prometheusService(world: World, namespace: string): Promise<void> {
  await world.cluster.makeNamespace(namespace);
  const { prometheusUrl: url } = world.data;
  const outside = { namespace, name: 'prometheus', port: 9090, url, readyPath: '/-/ready' };
  world.host(await OutsideService.start(world.cluster, outside));
}

/** Emissary's admin Service, as its chart makes it, as long as there is this world. */
export async function emissaryAdminService(world: World): Promise<void> {
  const outside = {
    namespace: emissaryNamespace,
    name: 'emissary-ingress-admin',
    labels: { service: 'ambassador-admin' },
    port: 8877,
    url: world.data.diagUrl,
    readyPath: '/metrics',
  };
  world.host(await OutsideService.start(world.cluster, outside));
}

/**
 * A Service whose pod is scheduled nowhere: the test says where it is, and leads what reaches its address to what runs beside the
 * cluster.
 */
class OutsideService {
  private constructor(
    private readonly pool: AddressPool,
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
    private readonly remove: () => Promise<void>,
  ) {}

  static async start(cluster: TestCluster, outside: Outside): Promise<OutsideService> {
    const pool = await AddressPool.claim(1);
    const podIP = pool.take();
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      const target = connect(Number(new URL(outside.url).port), '127.0.0.1');
      socket.pipe(target).pipe(socket);
      for (const one of [socket, target]) {
        sockets.add(one);
        one.on('error', () => one.destroy());
        one.on('close', () => sockets.delete(one));
      }
    });
    await new Promise<void>(resolve => server.listen(outside.port, loopbackOf(podIP), resolve));
    const service = new OutsideService(pool, server, sockets, () => removeObjects(cluster, outside));
    try {
      await makeObjects(cluster, outside, podIP);
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.remove();
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
    this.pool.close();
  }
}

async function makeObjects(
  { client }: TestCluster,
  { namespace, name, labels = {}, port, readyPath }: Outside,
  podIP: string,
): Promise<void> {
  const core = `/api/v1/namespaces/${namespace}`;
  const pod = `${name}-0`;
  await client.create(`${core}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { ports: [{ name: 'web', port }] },
  });
  await client.create(`${core}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod },
    spec: {
      schedulerName: 'nobody',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'outside', image: 'registry.example.com/outside:1' }],
    },
  });
  // The API server leads requests to pods only, by the addresses that they have.
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
  await client.patch(`${core}/pods/${pod}/status`, { status }, patchType.strategic);
  await client.create(`${core}/endpoints`, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name },
    subsets: [
      {
        addresses: [{ ip: podIP, targetRef: { kind: 'Pod', namespace, name: pod } }],
        ports: [{ name: 'web', port }],
      },
    ],
  });
  await until(`${name} answers through the API server`, () =>
    client.text(`${core}/services/${name}:${port}/proxy${readyPath}`).then(() => true),
  );
}

/** The namespace may be there longer than the test. */
async function removeObjects({ client }: TestCluster, { namespace, name }: Outside): Promise<void> {
  const core = `/api/v1/namespaces/${namespace}`;
  for (const path of [`services/${name}`, `pods/${name}-0`, `endpoints/${name}`]) {
    await client.delete(`${core}/${path}`).catch(() => {});
  }
}
