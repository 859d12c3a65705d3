import { setTimeout as pass } from 'node:timers/promises';
import { percentile } from '../../../rig/load/percentile.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { runRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import { AmbassadorRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import { clientOf } from '../../unit/cluster/client.ts';
import { json, TestServer } from '../../unit/cluster/test-server.ts';
import { canaryPlan, doubles } from '../../unit/release/doubles.ts';
import { claim } from '../../unit/release/run.ts';

export interface StopLatency {
  readonly tries: number;
  /** In milliseconds, from the reason to the write of weight 0 arriving at a server on loopback. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** How long the API server takes for a write: the queue is never empty then. */
const writeMs = 20;
const objects = 300;

/** A release is cancelled while it applies 300 objects: when does the stop arrive? Server and step share one thread. */
export async function stopLatency(tries: number): Promise<StopLatency> {
  const taken: number[] = [];
  for (let number = 0; number < tries; number++) taken.push(await oneStop(20 + (number % 80) * 3));
  const at = (percent: number) => Math.round(percentile(taken, percent) * 10) / 10;
  return { tries, p50: at(50), p99: at(99), most: at(100) };
}

/** After so many writes have come in. */
async function oneStop(after: number): Promise<number> {
  let arrived = (_: number) => {};
  const arrival = new Promise<number>(resolve => {
    arrived = resolve;
  });
  let begin = () => {};
  const begun = new Promise<void>(resolve => {
    begin = resolve;
  });
  let writes = 0;
  const server = await TestServer.start(({ method, path, text }, response) => {
    const isStop = method === 'PATCH' && path.includes('/mappings/') && text.includes('"/spec/weight"');
    if (isStop) arrived(performance.now());
    else if (++writes === after) begin();
    const body = method === 'PATCH' && !isStop ? JSON.parse(text) : { kind: 'Status', status: 'Success' };
    void pass(isStop ? 0 : writeMs).then(() => json(response, 200, body));
  });
  const ports = doubles();
  const client = await clientOf(server.url, ports.clock);
  const router = new AmbassadorRouter(client.cluster, canaryPlan().routes);
  try {
    const surroundings = Array.from({ length: objects }, (_, index) => settings(index));
    const plan = canaryPlan({ surroundings });
    const ending = runRelease(plan, { ...ports, cluster: client.cluster, router }, recordFor(claim, plan));
    await begun;
    const reason = performance.now();
    ports.pipeline.cancel();
    const latency = (await arrival) - reason;
    client.transport.close();
    await server.stop();
    await ending;
    return latency;
  } finally {
    client.transport.close();
    await server.stop().catch(() => {});
  }
}

function settings(index: number): KubeObject {
  const metadata = {
    name: `settings-${index}`,
    namespace: 'shop',
    labels: { 'ambassador-canary/release': 'web' },
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(2_000) } };
}
