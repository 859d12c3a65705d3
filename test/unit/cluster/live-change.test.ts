import assert from 'node:assert/strict';
import { changeOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/live-change.ts';
import type { Change } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import {
  asRecord,
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { DryRunCluster } from './dry-run-cluster.ts';

function deployment(image: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { team: 'a' } },
    spec: {
      replicas: 4,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
      ...spec,
    },
  };
}

/** The Deployment with something changed in the metadata or the spec of its pods. */
function withPods(
  workload: KubeObject,
  metadata: Readonly<Record<string, unknown>>,
  podSpec: Readonly<Record<string, unknown>> = {},
): KubeObject {
  const spec = asRecord(workload.spec) ?? {};
  const template = asRecord(spec.template) ?? {};
  return {
    ...workload,
    spec: {
      ...spec,
      template: {
        metadata: { ...asRecord(template.metadata), ...metadata },
        spec: { ...asRecord(template.spec), ...podSpec },
      },
    },
  };
}

const none: Change = { template: false, besidesTemplate: false };
const template: Change = { template: true, besidesTemplate: false };
const besides: Change = { template: false, besidesTemplate: true };

async function change(
  manifest: KubeObject,
  live: KubeObject,
  { autoscaled = false } = {},
): Promise<Change | undefined> {
  const found = await whole(manifest, live, { autoscaled });
  return found && { template: found.template, besidesTemplate: found.besidesTemplate };
}

async function whole(manifest: KubeObject, live: KubeObject, { autoscaled = false } = {}) {
  const cluster = new DryRunCluster();
  return changeOf(manifest, cluster.put(live), autoscaled, cluster);
}

const web = deployment('app:1');

describe('what would become of a Deployment', () => {
  it('is nothing where the manifest says what runs, whatever the server adds to it', async () => {
    assert.deepEqual(await change(web, web), none);
  });

  it('is a new template where the image differs', async () => {
    assert.deepEqual(await change(deployment('app:2'), web), template);
  });

  it('is more than a new template where its replicas, strategy or labels differ', async () => {
    assert.deepEqual(await change(deployment('app:1', { replicas: 5 }), web), besides);
    assert.deepEqual(await change(deployment('app:1', { minReadySeconds: 5 }), web), besides);
    const labelled = { ...web, metadata: { ...web.metadata, labels: { team: 'b' } } };
    assert.deepEqual(await change(labelled, web), besides);
  });

  it('is a new template where it drops what another manager put there, which applying alone would keep', async () => {
    const sidecar = { name: 'proxy', image: 'proxy:1' };
    const live = withPods(web, {}, { containers: [{ name: 'app', image: 'app:1' }, sidecar] });
    assert.deepEqual(await change(web, live), template);
  });

  it('is nothing after a `kubectl rollout restart`', async () => {
    const restarted = { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T08:00:00Z' };
    assert.deepEqual(await change(web, withPods(web, { annotations: restarted })), none);
  });

  it('is a new template where any other annotation differs, restarted or not', async () => {
    const live = withPods(web, {
      annotations: { 'kubectl.kubernetes.io/restartedAt': 'then', checksum: 'a' },
    });
    assert.deepEqual(await change(withPods(web, { annotations: { checksum: 'b' } }), live), template);
    assert.deepEqual(await change(withPods(web, { annotations: { checksum: 'a' } }), live), none);
  });

  it('leaves the replicas to an autoscaler, whatever the manifest says', async () => {
    const live = deployment('app:1', { replicas: 9 });
    assert.deepEqual(await change(web, live, { autoscaled: true }), none);
    assert.deepEqual(await change(deployment('app:2'), live, { autoscaled: true }), template);
    assert.deepEqual(await change(web, live), besides);
  });

  it('leaves the replicas as they are where the manifest says none', async () => {
    const { replicas: _, ...spec } = asRecord(web.spec) ?? {};
    assert.deepEqual(await change({ ...web, spec }, deployment('app:1', { replicas: 9 })), none);
  });
});

describe('the object as it is and as it would be', () => {
  const imagesOf = (object: KubeObject | undefined) => {
    const containers = valueAt(object, 'spec', 'template', 'spec', 'containers');
    return (Array.isArray(containers) ? containers : []).map(container => valueAt(container, 'image'));
  };

  it('has the whole new template, without what applying alone would keep of the old one', async () => {
    const sidecar = { name: 'proxy', image: 'proxy:1' };
    const live = withPods(web, {}, { containers: [{ name: 'app', image: 'app:1' }, sidecar] });
    const found = await whole(deployment('app:2', { minReadySeconds: 5 }), live);
    assert.deepEqual(imagesOf(found?.before), ['app:1', 'proxy:1']);
    assert.deepEqual(imagesOf(found?.after), ['app:2']);
    assert.equal(valueAt(found?.after, 'spec', 'minReadySeconds'), 5);
  });

  it('is in the version that the manifest speaks', async () => {
    const mapping = (version: string, host: Readonly<Record<string, string>>): KubeObject => ({
      apiVersion: `getambassador.io/${version}`,
      kind: 'Mapping',
      metadata: { name: 'web', namespace: 'shop' },
      spec: host,
    });
    const found = await whole(mapping('v2', { host: 'new' }), mapping('v3alpha1', { hostname: 'old' }));
    assert.deepEqual(found?.before?.spec, { host: 'old' });
    assert.deepEqual(found?.after?.spec, { host: 'new' });
  });
});

describe('what would become of another object', () => {
  const settings = (limit: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
    data: { limit },
  });
  const mapping = (version: string, host: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: `getambassador.io/${version}`,
    kind: 'Mapping',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { prefix: '/', service: 'web', ...host },
  });

  it('is nothing where it says the same', async () => {
    assert.deepEqual(await change(settings('1'), settings('1')), none);
  });

  it('is a change where it says something else', async () => {
    assert.deepEqual(await change(settings('2'), settings('1')), besides);
  });

  it('is nothing where its manifest only is of another version than the one that was listed', async () => {
    const live = mapping('v3alpha1', { hostname: 'shop' });
    assert.deepEqual(await change(mapping('v2', { host: 'shop' }), live), none);
    assert.deepEqual(await change(mapping('v2', { host: 'other' }), live), besides);
  });
});

describe('an object that does not exist yet', () => {
  it('has no change, but is tried out', async () => {
    const cluster = new DryRunCluster();
    assert.equal(await changeOf(web, undefined, false, cluster), undefined);
    assert.deepEqual(cluster.asked, ['apply Deployment shop/web']);
  });

  it('is refused before anything is touched where the server would refuse it', async () => {
    const cluster = new DryRunCluster();
    cluster.refused.set('web', 'unknown field "spec.replcias"');
    await assert.rejects(changeOf(web, undefined, false, cluster), /replcias/);
  });
});
