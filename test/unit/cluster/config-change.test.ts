import assert from 'node:assert/strict';
import { newContent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/config-change.ts';
import { changeOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/live-change.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { DryRunCluster } from './dry-run-cluster.ts';

type Data = Readonly<Record<string, string>>;
const keys = (...names: readonly string[]) => Object.fromEntries(names.map(name => [`f:${name}`, {}]));

function configMap(data: Data, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
    data,
    ...more,
  };
}
/** As it is in the cluster, with the entries that each manager owns. */
function live(
  data: Data,
  managers: Readonly<Record<string, readonly string[]>>,
  more: object = {},
): KubeObject {
  const managedFields = Object.entries(managers).map(([manager, names]) => ({
    manager,
    operation: 'Update',
    fieldsV1: { 'f:data': keys(...names) },
  }));
  return configMap(data, { metadata: { name: 'settings', namespace: 'shop', managedFields }, ...more });
}

describe('configuration as promotion makes it', () => {
  it('is no other where it says the same', () => {
    const same = configMap({ a: '1' });
    assert.equal(newContent(same, live({ a: '1' }, { kubectl: ['a'] }), same), undefined);
    assert.equal(newContent(configMap({}), { ...same, data: undefined }, configMap({})), undefined);
  });

  it('lacks what the deployer before us put there and the manifest no longer has', () => {
    for (const manager of ['kubectl-client-side-apply', 'helm', 'rig-user']) {
      const now = live({ a: '1', 'b/c': '2' }, { [manager]: ['a', 'b/c'] });
      const found = newContent(configMap({ a: '3' }), now, configMap({ a: '3', 'b/c': '2' }));
      assert.deepEqual(found?.object.data, { a: '3' }, manager);
      assert.deepEqual(found?.stale, ['/data/b~1c'], manager);
    }
  });

  it('is other where nothing but an entry goes', () => {
    const now = live({ a: '1', b: '2' }, { helm: ['a', 'b'] });
    assert.deepEqual(newContent(configMap({ a: '1' }), now, now)?.stale, ['/data/b']);
  });

  it('keeps what a controller adds, which owns nothing of the manifest', () => {
    const now = live({ a: '1', 'ca.crt': 'x' }, { kubectl: ['a'], 'ca-injector': ['ca.crt'] });
    assert.equal(newContent(configMap({ a: '1' }), now, now), undefined);
  });

  it('knows an entry that a Secret gives as text', () => {
    const manifest = { ...configMap({}), kind: 'Secret', data: undefined, stringData: { a: 'x' } };
    const now = { ...live({ a: 'eA==' }, { kubectl: ['a'] }), kind: 'Secret' };
    assert.equal(newContent(manifest, now, now), undefined);
  });

  it('is refused where it is immutable, with a way out, and with no value in the words', () => {
    const now = live({ a: 'old-secret' }, { kubectl: ['a'] }, { immutable: true });
    assert.throws(
      () => newContent(configMap({ a: 'new-secret' }), now, configMap({ a: 'new-secret' })),
      (thrown: Error & { code?: string; sentence?: string }) => {
        assert.equal(thrown.code, 'MANIFEST_INVALID');
        assert.match(String(thrown.sentence), /is immutable.*such as settings-2/);
        assert.doesNotMatch(String(thrown.sentence), /secret/);
        return true;
      },
    );
  });

  it('is refused in the same words where the server refuses first', async () => {
    const now = live({ a: '1' }, {}, { immutable: true });
    const cluster = new DryRunCluster(now);
    cluster.refused.set('settings', 'data: Forbidden: field is immutable when `immutable` is set');
    await assert.rejects(changeOf(configMap({ a: '2' }), now, false, cluster), {
      code: 'MANIFEST_INVALID',
      message: 'ConfigMap shop/settings changes, but is immutable',
    });
  });
});

describe('the change of a Deployment whose old version another tool owns', () => {
  const labels = { app: 'web' };
  const web = (env: readonly object[]): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1', env }] } },
    },
  });

  it('is tried with the live template where it is merged: a variable with an old value and a new source is none', async () => {
    const cluster = new DryRunCluster();
    const now = cluster.put(web([{ name: 'A', value: 'x' }]));
    const applied: KubeObject[] = [];
    const { apply } = cluster;
    cluster.apply = async (object, options) => {
      applied.push(object);
      return apply.call(cluster, object, options);
    };
    const manifest = web([{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }]);
    const change = await changeOf(manifest, now, false, cluster);
    assert.deepEqual([change?.template, change?.besidesTemplate], [true, false]);
    assert.ok(applied.length > 0);
    assert.ok(applied.every(object => !JSON.stringify(object).includes('valueFrom')));
  });

  it('is none where only the digest of an earlier promotion is missing', async () => {
    const marked = web([]);
    const spec = marked.spec as { template: { metadata: object } };
    const annotations = { 'ambassador-canary/configuration': 'abc' };
    const metadata = { ...spec.template.metadata, annotations };
    const cluster = new DryRunCluster();
    const now = cluster.put({ ...marked, spec: { ...spec, template: { ...spec.template, metadata } } });
    const change = await changeOf(marked, now, false, cluster);
    assert.equal(change?.template, false);
  });
});
