import assert from 'node:assert/strict';
import { seededRandom } from '../../../sandbox/random.ts';
import { sampleManifests } from '../../../sandbox/sample.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { makeCertificate } from '../../../sandbox/tls/certificate.ts';
import { checkAccess } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/check-access.ts';
import { openConnection } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { KubeApi } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import { KubeCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-cluster.ts';
import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Network } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import { Transport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import { prepareRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { neededAccess } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/needed-access.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { metricsFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release-metrics.ts';
import { Forger } from '../../sandbox/forger.ts';
import { FastClock } from '../cluster/clocks.ts';
import { plainNetwork } from '../cluster/plain-network.ts';
import { spec as usual } from '../release/doubles.ts';
import { mutate } from './mutate.ts';

/** More for who has the time: `FUZZ_RUNS=5000`. A failure names its seed, and `FUZZ_SEED` runs that alone. */
const runs = Number(process.env.FUZZ_RUNS ?? 60);
const only = process.env.FUZZ_SEED;

describe('a release before servers that lie', function () {
  this.timeout(60_000 + runs * 200);
  const certificate = makeCertificate();
  let sandbox: Sandbox;
  let api: Forger;
  let prometheus: Forger;
  let documents: { object: KubeObject; source: { path: string; line: number } }[];
  /** Mutates what this says. */
  let lie: { readonly random: () => number; readonly share: number } = { random: () => 1, share: 0 };

  /** A rejection that nobody awaits yet would end the step's process with a stack trace. */
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => void unhandled.push(reason);

  before(async () => {
    process.on('unhandledRejection', hear);
    sandbox = await startSandbox({ withStable: true, scrapeEveryMs: 100, podReadyMs: 1 });
    const forge = async (_: unknown, ask: () => Promise<{ status: number; body: string }>) => {
      const told = await ask();
      return lie.random() < lie.share ? mutate(told, lie.random) : told;
    };
    api = await Forger.start({ target: sandbox.server, certificate, forge });
    prometheus = await Forger.start({ target: sandbox.prometheusUrl, forge });
    const objects = JSON.parse(
      JSON.stringify(await sampleManifests()).replaceAll('sample-app:1.0.0', 'sample-app:2.0.0'),
    ) as KubeObject[];
    documents = objects.map((object, index) => ({ object, source: { path: `${index}.yaml`, line: 1 } }));
  });
  after(async () => {
    process.off('unhandledRejection', hear);
    await Promise.all([api.stop(), prometheus.stop()]);
    await sandbox.stop();
  });

  it('ends with a plan and verdicts, or with errors that we foresaw: never with a stack trace', async () => {
    const ends = new Map<string, number>();
    const seeds = only === undefined ? Array.from({ length: runs }, (_, seed) => seed) : [Number(only)];
    for (const seed of seeds) {
      const random = seededRandom(seed);
      // Some servers lie now and then, some all the time.
      lie = { random, share: [0.03, 0.1, 1][seed % 3] ?? 0 };
      const errors = await lookAndMeasure().then(
        () => [],
        thrown => toCanaryErrors(thrown),
      );
      for (const { code, message, cause } of errors) {
        const stack = cause instanceof Error ? cause.stack : '';
        assert.notEqual(code, 'INTERNAL', `FUZZ_SEED=${seed}: ${message}\n${stack}`);
      }
      assert.deepEqual(unhandled, [], `FUZZ_SEED=${seed}`);
      const end = errors[0]?.code ?? 'measured';
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    if (only !== undefined) return;
    // The lies got to where something could go wrong: not all runs ended at the first request, nor did all get through.
    assert.ok((ends.get('measured') ?? 0) > 0 && ends.size > 3, JSON.stringify([...ends]));
  });

  /** All that a release asks before its first weight, and the first measurements. */
  async function lookAndMeasure(): Promise<void> {
    const clock = new FastClock(2_000);
    const connection = await openConnection(
      {
        kind: 'token',
        server: api.url,
        token: sandbox.token,
        caData: Buffer.from(certificate.cert).toString('base64'),
        acceptUntrustedCerts: false,
      },
      { network: new Network(plainNetwork), registerSecret: () => {}, now: () => clock.now() },
    );
    const transport = new Transport(connection, { clock, version: '0.0.0' });
    try {
      const kube = new KubeApi(transport);
      const cluster = new KubeCluster(kube, clock);
      await cluster.version();
      const spec: ReleaseSpec = {
        ...usual,
        namespace: 'default',
        checks: [
          { kind: 'success-rate', minimumPercent: 99 },
          { kind: 'latency', quantile: 0.95, limit: Duration.milliseconds(500) },
          { kind: 'errors-vs-stable' },
          { kind: 'slowness-vs-stable' },
        ],
        prometheus: { kind: 'url', url: prometheus.url },
      };
      const prepared = await prepareRelease(spec, documents, cluster);
      const { plan, locks, release, digest, trial } = prepared;
      const run = { id: 'fuzz', title: 'fuzz' };
      const record = recordFor({ run, locks, release, digest, trial, startedAt: '' }, plan);
      await checkAccess(kube, neededAccess(record));
      const metrics = await metricsFor(
        plan,
        { clock, headers: {}, transport, network: new Network(plainNetwork) },
        () => {},
      );
      const lock = new LeaseLock({
        api: kube,
        clock,
        leases: locks,
        lockTimeout: Duration.seconds(0),
        cancelled: new AbortController().signal,
        onProgress: () => {},
      });
      try {
        await lock.take(record);
        await lock.write(record);
      } finally {
        await lock.release();
      }
      // None of these ever rejects, whatever it hears.
      await metrics.startWindow(Weight.of(50));
      for (let round = 0; round < 3; round++) {
        for (const { verdict } of await metrics.measure())
          assert.ok(['pass', 'fail', 'inconclusive', 'error'].includes(verdict));
        await metrics.isIdle();
      }
      await metrics.total();
    } finally {
      transport.close();
    }
  }
});
