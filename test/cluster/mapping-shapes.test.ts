import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import { applyObject } from '../../rig/apply.ts';
import { until } from '../../rig/until.ts';
import { openConnection } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { KubeApi } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import { KubeCluster } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-cluster.ts';
import { Transport } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import { prepareRelease } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { Duration } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { refOf } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { Weight } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { SystemClock } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { AmbassadorRouter } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import {
  asStored,
  namespace,
  type ShapeRequest,
  shapesIn,
  workload,
} from '../unit/manifests/mapping-shapes.ts';
import { spec } from '../unit/release/doubles.ts';
import { likelyHits } from './likely-hits.ts';
import { World } from './world.ts';

const shapes = shapesIn('split');
/** How many requests each route gets at a weight; where all must go one way, a few tell. */
const requestsAt = new Map([
  [1, 150],
  [10, 150],
  [50, 300],
  [100, 30],
  [0, 30],
]);
const atOnce = 32;

describe('the share that Envoy sends, for every shape of a route', () => {
  let world: World;
  let plan: CanaryPlan;
  let router: AmbassadorRouter;
  const closes: (() => void)[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

  before(async () => {
    world = await World.start(60);
    const { client } = world.cluster;
    for (const name of [namespace, 'edge']) await world.cluster.makeNamespace(name);
    const stable = workload('1.0.0');
    for (const object of [stable, ...shapes.flatMap(({ objects }) => objects.map(asStored))]) {
      await applyObject(client, object, namespace);
    }
    const clock = new SystemClock();
    const { server, adminToken, caPem } = world.cluster;
    const connection = await openConnection(
      {
        kind: 'token',
        server,
        token: adminToken,
        caData: Buffer.from(caPem).toString('base64'),
        acceptUntrustedCerts: false,
      },
      { registerSecret: () => {}, now: () => clock.now() },
    );
    const transport = new Transport(connection, { clock, version: '0.0.0' });
    closes.push(() => transport.close());
    const cluster = new KubeCluster(new KubeApi(transport), clock);
    const timeout = Duration.seconds(60);
    await cluster.awaitReady([refOf(stable)], { timeout });

    const source = { path: 'shapes.yaml', line: 1 };
    const prepared = await prepareRelease(spec, [{ object: workload('2.0.0'), source }], cluster);
    assert.equal(prepared.plan.kind, 'canary');
    plan = prepared.plan as CanaryPlan;
    for (const { services, canary } of plan.workloads) {
      for (const object of [...services, { ...canary, spec: { ...(canary.spec as object), replicas: 2 } }]) {
        await cluster.apply(object);
      }
      await cluster.awaitReady([refOf(canary)], { timeout });
    }
    router = new AmbassadorRouter(cluster, plan.routes);
    await router.open();
  });

  after(async () => {
    agent.destroy();
    for (const close of closes) close();
    await world?.stop();
  });

  /** The running sums of all twins, as Emissary's diagnostics show them. */
  async function sumsOfTwins(): Promise<readonly number[]> {
    const answer = await fetch(`${world.data.diagUrl}/ambassador/v0/diag/?json=true&filter=route_info`);
    const groups = (await answer.json()) as RouteInfo[];
    const members = groups.flatMap(({ _route }) => _route.mappings);
    return plan.routes.map(({ twin: { metadata } }) => {
      const found = members.find(
        ({ name, namespace: home }) => name === metadata.name && home === metadata.namespace,
      );
      return found?._weight ?? -1;
    });
  }

  /** What Envoy has sent to each cluster so far, by its name in the metrics. */
  async function counted(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${world.data.diagUrl}/metrics`)).text();
    const counts = new Map<string, number>();
    for (const line of text.split('\n')) {
      const [, name, count] =
        /^envoy_cluster_upstream_rq_xx\{.*envoy_cluster_name="([^"]+)".*\} (\d+)/.exec(line) ?? [];
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
    return counts;
  }

  async function send(times: number): Promise<void> {
    const { hostname, port } = new URL(world.data.url);
    const queue = shapes.flatMap(({ requests }) => requests.flatMap(one => Array(times).fill(one)));
    const ask = ({ host, path, headers }: ShapeRequest) =>
      new Promise<void>((resolve, reject) => {
        const options = { agent, hostname, port, path, headers: { ...headers, host } };
        request(options, (answer: IncomingMessage) => answer.resume().once('end', resolve))
          .once('error', reject)
          .end();
      });
    const worker = async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await ask(next as ShapeRequest);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  it('has a twin for each, and nothing of it was refused by the API server', () => {
    const requests = shapes.flatMap(one => one.requests);
    assert.equal(plan.routes.length, requests.length);
  });

  for (const [percent, times] of requestsAt) {
    it(`is as asked at ${percent} %`, async () => {
      if (percent === 0) await router.stop();
      else await router.setWeight(Weight.of(percent));
      await until(`Emissary has all twins at ${percent}`, async () =>
        (await sumsOfTwins()).every(sum => sum === percent),
      );
      await new Promise(resolve => setTimeout(resolve, 200));
      const before = await counted();
      await send(times);
      const after = await counted();
      const wrong: string[] = [];
      const got = (names: readonly string[]) =>
        [...new Set(names)].reduce((sum, name) => sum + (after.get(name) ?? 0) - (before.get(name) ?? 0), 0);
      for (const { statNames, twin } of plan.routes) {
        const canary = got(statNames.map(names => names.canary));
        const all = canary + got(statNames.map(names => names.stable));
        const { least, most } = likelyHits(all, percent / 100);
        // One Service may have two routes, whose requests are counted together.
        const isAll = all > 0 && all % times === 0;
        if (!isAll || canary < least || canary > most) {
          wrong.push(`${twin.metadata.name}: ${canary} of ${all}, expected ${least} to ${most}`);
        }
      }
      const names = plan.routes.flatMap(({ statNames }) => [...statNames]);
      const hits = got(names.map(({ canary }) => canary));
      const total = hits + got(names.map(({ stable }) => stable));
      assert.equal(total, times * plan.routes.length, 'every request took one of the routes');
      console.log(
        `    asked ${percent} %: seen ${((100 * hits) / total).toFixed(2)} % (${hits} of ${total})`,
      );
      assert.deepEqual(wrong, []);
    });
  }
});

interface RouteInfo {
  readonly _route: {
    readonly mappings: readonly {
      readonly name: string;
      readonly namespace: string;
      readonly _weight: number;
    }[];
  };
}
