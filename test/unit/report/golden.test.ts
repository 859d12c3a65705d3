import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { wholeNumber } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/whole-number.ts';
import { canaryPlan, doubles, spec } from '../release/doubles.ts';
import { run } from '../release/run.ts';
import { logOf } from './story.ts';

const limits: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web-limits', namespace: 'shop' },
};
const plan = canaryPlan({
  spec: {
    ...spec,
    steps: [10, 50, 100].map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(1) })),
    checks: [
      { kind: 'success-rate', minimumPercent: 99 },
      { kind: 'latency', quantile: 0.95, limit: Duration.milliseconds(500) },
    ],
  },
  additions: [limits],
  notes: ['Deployment shop/worker has no route: it gets its new version at promotion, untested'],
});

function successRate(
  verdict: Measurement['verdict'],
  value: string,
  requests: number,
  failed: number,
): Measurement {
  return { check: 'success-rate', verdict, value, limit: '≥ 99 %', requests, failed, actsAtOnce: true };
}
function latency(milliseconds: number, requests: number): Measurement {
  return {
    check: 'latency',
    verdict: milliseconds < 500 ? 'pass' : 'inconclusive',
    value: `p95 ${wholeNumber(milliseconds)} ms`,
    limit: '< 500 ms',
    requests,
    failed: milliseconds < 500 ? 3 : 70,
    actsAtOnce: true,
  };
}
const noAnswer = { verdict: 'error', value: 'no answer', actsAtOnce: true } as const;
const detail = 'Prometheus at http://prometheus.test/ did not answer: connect ECONNREFUSED';

/** What a release with these measurements tells; each round takes half a minute. */
async function story(rounds: readonly (readonly Measurement[])[]): Promise<string> {
  const ports = doubles();
  ports.metrics.rounds = rounds;
  ports.metrics.total = async () => ({ requests: 1_221_512, failed: 42 });
  ports.cluster.awaitReady = async ([workload], { onProgress = () => {} }) => {
    onProgress(`${workload?.name}: 0 of 1 pods ready`);
    await ports.clock.sleep(Duration.seconds(12));
    onProgress(`${workload?.name}: 1 of 1 pods ready`);
  };
  await run(ports, plan);
  const events: readonly ReleaseEvent[] = [{ type: 'planned', plan }, ...ports.pipeline.events];
  return `${logOf(...events)}\n`;
}

/** Compares with the file, or writes it where `GOLDEN=write` says that the log is meant to have changed. */
function matches(name: string, log: string): void {
  const file = new URL(`./golden/${name}.txt`, import.meta.url);
  if (process.env.GOLDEN === 'write') writeFileSync(file, log);
  assert.equal(log, readFileSync(file, 'utf8'));
}

describe('the whole log', () => {
  const stories: Readonly<Record<string, readonly (readonly Measurement[])[]>> = {
    promotion: [
      [
        successRate('inconclusive', 'no requests', 0, 0),
        { ...latency(0, 0), verdict: 'inconclusive', value: 'no requests' },
      ],
      [successRate('pass', '99.91 %', 1204, 1), latency(212, 1204)],
      [successRate('pass', '99.83 %', 6012, 10), latency(7, 6012)],
      [
        { check: 'success-rate', limit: '≥ 99 %', ...noAnswer, detail },
        { check: 'latency', limit: '< 500 ms', ...noAnswer, detail },
      ],
      [successRate('pass', '99.83 %', 12_024, 20), latency(214, 12_024)],
      [successRate('pass', '99.83 %', 24_048, 40), latency(212, 24_048)],
      [successRate('pass', '100 %', 48_096, 0), latency(212, 48_096)],
      [successRate('pass', '99.99 %', 1_196_192, 1), latency(212, 1_196_192)],
    ],
    rollback: [
      [successRate('pass', '100 %', 604, 0), latency(212, 604)],
      [successRate('pass', '100 %', 1204, 0), latency(212, 1204)],
      [
        successRate('inconclusive', '97.50 %', 40, 1),
        { ...latency(812, 40), detail: '40 of the 50 requests that it takes at this weight' },
      ],
      [
        { ...successRate('fail', '80 %', 6012, 1204), detail: 'stable fails as well: 98.02 %' },
        latency(812, 6012),
      ],
    ],
  };
  for (const [name, rounds] of Object.entries(stories)) {
    it(`of a ${name} is the one in golden/${name}.txt`, async () => matches(name, await story(rounds)));

    it(`of a ${name} is the same again from the same events`, async () => {
      assert.equal(await story(rounds), await story(rounds));
    });

    it(`of a ${name} has no line wider than 120 columns but for warnings`, async () => {
      const lines = (await story(rounds)).split('\n').filter(line => !line.startsWith('##[warning]'));
      assert.deepEqual(
        lines.filter(line => line.replace(/^##\[\w+\]/, '').length > 120),
        [],
      );
    });
  }
});
