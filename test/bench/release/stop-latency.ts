import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { percentile } from '../../../rig/load/percentile.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { runRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import { AmbassadorRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import { clientOf } from '../../unit/cluster/client.ts';
import { canaryPlan, doubles } from '../../unit/release/doubles.ts';
import { claim } from '../../unit/release/run.ts';
import type { SlowServerWord } from './slow-server.ts';

export interface StopLatency {
  readonly tries: number;
  /** In milliseconds, from the reason to the write of weight 0 arriving at a server on loopback. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const objects = 300;
const serverFile = fileURLToPath(new URL('slow-server.ts', import.meta.url));

/** A release is cancelled while it applies 300 objects: when does the stop arrive at a server in a process of its own? */
export async function stopLatency(tries: number): Promise<StopLatency> {
  const server = fork(serverFile, { execArgv: ['--import', 'tsx'] });
  const taken: number[] = [];
  try {
    const { url } = await wordOf(server, 'listening');
    for (let number = 0; number < tries; number++) {
      taken.push(await oneStop(server, url, 20 + (number % 80) * 3));
    }
  } finally {
    server.kill('SIGKILL');
  }
  const at = (percent: number) => Math.round(percentile(taken, percent) * 10) / 10;
  return { tries, p50: at(50), p99: at(99), most: at(100) };
}

/** After so many writes have come in. */
async function oneStop(server: ChildProcess, url: string, after: number): Promise<number> {
  const [busy, stopped] = [wordOf(server, 'busy'), wordOf(server, 'stopped')];
  server.send(after);
  const ports = doubles();
  const client = await clientOf(url, ports.clock);
  try {
    const router = new AmbassadorRouter(client.cluster, canaryPlan().routes);
    const surroundings = Array.from({ length: objects }, (_, index) => settings(index));
    const plan = canaryPlan({ surroundings });
    const ending = runRelease(plan, { ...ports, cluster: client.cluster, router }, recordFor(claim, plan));
    await busy;
    const reason = process.hrtime.bigint();
    ports.pipeline.cancel();
    const { at } = await stopped;
    await ending;
    return Number(BigInt(at) - reason) / 1e6;
  } finally {
    client.transport.close();
  }
}

type WordOf<K extends SlowServerWord['kind']> = Extract<SlowServerWord, { kind: K }>;

/** The next word of this kind. */
function wordOf<K extends SlowServerWord['kind']>(server: ChildProcess, kind: K): Promise<WordOf<K>> {
  return new Promise(resolve => {
    const hear = (message: unknown) => {
      const word = message as SlowServerWord;
      if (word.kind !== kind) return;
      server.off('message', hear);
      resolve(word as WordOf<K>);
    };
    server.on('message', hear);
  });
}

function settings(index: number): KubeObject {
  const metadata = {
    name: `settings-${index}`,
    namespace: 'shop',
    labels: { 'ambassador-canary/release': 'web' },
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(2_000) } };
}
