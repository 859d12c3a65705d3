import assert from 'node:assert/strict';
import {
  distinguishingKeys,
  podLabels,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/canary-labels.ts';
import {
  canaryService,
  canaryWorkload,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/canary-workload.ts';
import {
  selects,
  serviceSelects,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/selector.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

const labels = { app: 'web', tier: 'front', team: 'blue' };

function workload(spec: Record<string, unknown> = {}, podSpec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:2' }], ...podSpec } },
      ...spec,
    },
  };
}

function service(spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', labels: { monitored: 'yes' }, annotations: { a: 'b' } },
    spec: { selector: { app: 'web', tier: 'front' }, ports: [{ port: 80 }], ...spec },
  };
}

const both = new Set(['app', 'tier']);

describe('the canary of a Deployment', () => {
  it('has another name and our label, and the manifest in all else', () => {
    const canary = canaryWorkload(workload(), both, 'web');
    assert.equal(canary.metadata.name, 'web-canary');
    assert.deepEqual(canary.metadata.labels, { app: 'web', 'ambassador-canary/release': 'web' });
    assert.deepEqual(valueAt(canary, 'spec', 'template', 'spec', 'containers'), [
      { name: 'app', image: 'app:2' },
    ]);
  });

  it('has pods that no selector of stable picks, with the labels that nobody selects by as they were', () => {
    const canary = canaryWorkload(workload(), both, 'web');
    assert.deepEqual(podLabels(canary), { app: 'web-canary', tier: 'front-canary', team: 'blue' });
    assert.equal(selects(valueAt(workload(), 'spec', 'selector'), podLabels(canary)), false);
    assert.equal(selects(valueAt(canary, 'spec', 'selector'), podLabels(canary)), true);
    assert.equal(selects(valueAt(canary, 'spec', 'selector'), labels), false);
  });

  it('follows in matchExpressions', () => {
    const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'shop'] }] };
    const canary = canaryWorkload(workload({ selector }), both, 'web');
    assert.equal(selects(valueAt(canary, 'spec', 'selector'), podLabels(canary)), true);
    assert.equal(selects(valueAt(canary, 'spec', 'selector'), labels), false);
  });

  it('spreads among its own pods, and still keeps away from other applications', () => {
    const own = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'zone' };
    const other = { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'zone' };
    const canary = canaryWorkload(
      workload(
        {},
        {
          affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [own, other] } },
          topologySpreadConstraints: [own],
        },
      ),
      both,
      'web',
    );
    const terms = valueAt(
      canary,
      ...'spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution'.split(
        '.',
      ),
    );
    const follows = { ...own, labelSelector: { matchLabels: { app: 'web-canary' } } };
    assert.deepEqual(terms, [follows, other]);
    assert.deepEqual(valueAt(canary, 'spec', 'template', 'spec', 'topologySpreadConstraints'), [follows]);
  });

  it('keeps every container: init containers, sidecars among them, and those beside the app', () => {
    const podSpec = {
      initContainers: [
        { name: 'migrate', image: 'migrate:2' },
        { name: 'proxy', image: 'proxy:7', restartPolicy: 'Always' },
      ],
      containers: [
        { name: 'app', image: 'app:2' },
        { name: 'logs', image: 'registry:5000/logs@sha256:0' },
      ],
    };
    const canary = canaryWorkload(workload({}, podSpec), both, 'web');
    assert.deepEqual(valueAt(canary, 'spec', 'template', 'spec'), podSpec);
  });

  it('needs no labels on the manifest, and fits a name that is as long as a label may be', () => {
    const name = 'w'.repeat(63);
    const { labels: _, ...metadata } = workload().metadata;
    const canary = canaryWorkload({ ...workload(), metadata: { ...metadata, name } }, both, 'web');
    assert.deepEqual(canary.metadata.labels, { 'ambassador-canary/release': 'web' });
    assert.ok(canary.metadata.name.length <= 63 && canary.metadata.name.endsWith('-canary'));
  });

  it('leaves its replicas to the release, and a paused manifest does not pause it', () => {
    const spec = canaryWorkload(workload({ paused: true }), both, 'web').spec as Record<string, unknown>;
    assert.ok(!('replicas' in spec) && !('paused' in spec));
  });
});

describe('the labels that tell canary from stable', () => {
  it('are those of the selector and of every Service that picks the pods', () => {
    const unrelated = service({ selector: { app: 'db', team: 'blue' } });
    assert.deepEqual([...distinguishingKeys([workload()], [service({}), unrelated])].sort(), ['app', 'tier']);
  });
});

describe("the canary's Service", () => {
  it('picks the pods of the canary and none of stable', () => {
    const canary = canaryService(service({}), both, 'web');
    assert.equal(serviceSelects(canary, podLabels(canaryWorkload(workload(), both, 'web'))), true);
    assert.equal(serviceSelects(canary, labels), false);
  });
});
