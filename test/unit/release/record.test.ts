import assert from 'node:assert/strict';
import { readRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/read-record.ts';
import {
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Plan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { canaryPlan, deployment, doubles, failing, spec } from './doubles.ts';
import { claim, run } from './run.ts';

const secret: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace: 'shop' },
  data: { key: 'aHVudGVyMg==' },
};
const whole = canaryPlan({ additions: [secret], newWorkloads: [deployment('worker', 'app:2')] });
const base = { spec, name: 'web', namespace: 'shop', notes: [], remarks: [] };
const plain: Plan = {
  ...base,
  kind: 'apply-only',
  objects: [
    { object: secret, isNew: true },
    { object: deployment('web', 'app:1'), isNew: false },
  ],
};

describe('the record of a release that is about to start', () => {
  it('names everything that the release may make, before it exists', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    const { routes, canary, added } = recordFor(claim, whole);
    const named = new Set([...routes.map(({ twin }) => twin), ...canary, ...added].map(identityOf));
    const made: string[] = [];
    const apply = ports.cluster.apply.bind(ports.cluster);
    ports.cluster.apply = async object => {
      made.push(identityOf(refOf(object)));
      return apply(object);
    };
    await run(ports, whole);
    const unnamed = made.filter(identity => !named.has(identity));
    assert.deepEqual(
      unnamed,
      [identityOf(refOf(deployment('web', 'app:1')))],
      'the stable of the scene only',
    );
  });

  it('names the stable Mapping of each twin and the workloads that promotion replaces', () => {
    const { routes, workloads, phase, weight } = recordFor(claim, whole);
    assert.deepEqual(
      routes.map(({ stable, twin }) => [stable && nameOf(stable), nameOf(twin)]),
      [['Mapping shop/web', 'Mapping shop/web-canary']],
    );
    assert.deepEqual(workloads.map(nameOf), ['Deployment shop/web']);
    assert.deepEqual({ phase, weight }, { phase: 'starting', weight: 0 });
  });

  it('names a Service once that two workloads are behind, which is made once and removed once', async () => {
    const [web] = whole.workloads;
    const api = {
      ...web,
      stable: { ...web.stable, name: 'api' },
      canary: { ...web.canary, metadata: { ...web.canary.metadata, name: 'api-canary' } },
    };
    const plan = { ...whole, workloads: [web, api] as const };
    const service = 'Service shop/web-canary';
    assert.equal(
      recordFor(claim, plan)
        .canary.map(nameOf)
        .filter(name => name === service).length,
      1,
    );
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    await run(ports, plan);
    assert.deepEqual(
      ports.cluster.writes.filter(write => write.endsWith(service)),
      [`apply ${service}`, `delete ${service}`],
    );
  });

  it('names of what is only applied that which is new, since nothing else goes at a failure', () => {
    assert.deepEqual(recordFor(claim, plain).added.map(nameOf), ['Secret shop/key']);
  });

  it('names nothing where nothing is to do', () => {
    const { routes, canary, added, workloads } = recordFor(claim, { ...base, kind: 'unchanged' });
    assert.deepEqual([routes, canary, added, workloads], [[], [], [], []]);
  });

  it('holds names only, never what an object says', () => {
    for (const plan of [whole, plain]) {
      const text = JSON.stringify(recordFor(claim, plan));
      assert.equal(/aHVudGVyMg|app:2|containers|data/.test(text), false, text);
    }
  });

  it('is read back from the cluster as it was written', () => {
    for (const plan of [whole, plain]) {
      const record = recordFor(claim, plan);
      assert.deepEqual(readRecord(JSON.stringify(record)), record);
    }
  });
});
