import assert from 'node:assert/strict';
import {
  type ChangedConfig,
  digestOfAll,
  isConfiguration,
  readBy,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/config-twins.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

const twin: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'any' } };
const settings: ChangedConfig = {
  namespace: 'shop',
  twin,
  renames: [{ kind: 'ConfigMap', from: 'settings', to: 'settings-canary' }],
  digest: 'a',
};
/** A class of a Key Vault, which fills a Secret. */
const vault: ChangedConfig = {
  namespace: 'shop',
  twin,
  renames: [
    { kind: 'SecretProviderClass', from: 'vault', to: 'vault-canary' },
    { kind: 'Secret', from: 'keys', to: 'keys-canary' },
  ],
  digest: 'b',
};

/** A Deployment whose container gets these as its environment. */
function reading(namespace: string, ...envFrom: readonly object[]): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { template: { spec: { containers: [{ name: 'app', envFrom }] } } },
  };
}

const ofSettings = { configMapRef: { name: 'settings' } };
const ofKeys = { secretRef: { name: 'keys' } };

describe('changed configuration', () => {
  it('is read by the workloads of its namespace that name it, or one of the Secrets that it fills', () => {
    const all = [settings, vault];
    assert.deepEqual(readBy(reading('shop', ofSettings), all), [settings]);
    assert.deepEqual(readBy(reading('shop', ofKeys), all), [vault]);
    assert.deepEqual(readBy(reading('shop', ofSettings, ofKeys), all), all);
    assert.deepEqual(readBy(reading('shop', { secretRef: { name: 'settings' } }), all), [], 'another kind');
    assert.deepEqual(readBy(reading('other', ofSettings, ofKeys), all), [], 'another namespace');
  });

  it('has one digest, whatever its order, and none where there is none', () => {
    assert.equal(digestOfAll([]), undefined);
    assert.equal(digestOfAll([settings, vault]), digestOfAll([vault, settings]));
    assert.notEqual(digestOfAll([settings]), digestOfAll([settings, vault]));
  });

  it('is told from what only has the name of such a kind', () => {
    const of = (apiVersion: string, kind: string) => isConfiguration({ apiVersion, kind });
    assert.deepEqual(
      [of('v1', 'ConfigMap'), of('v1', 'Secret'), of('secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass')],
      [true, true, true],
    );
    assert.deepEqual(
      [
        of('example.com/v1', 'Secret'),
        of('v1', 'SecretProviderClass'),
        of('v1', 'Service'),
        of('v1', 'toString'),
      ],
      [false, false, false, false],
    );
  });
});
