import assert from 'node:assert/strict';
import {
  configRefs,
  withConfigNames,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/config-refs.ts';

/** A pod spec that reads settings in every way there is. */
const podSpec = {
  imagePullSecrets: [{ name: 'registry' }],
  containers: [
    {
      name: 'app',
      env: [
        { name: 'PLAIN', value: 'settings' },
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'keys', key: 'b', optional: true } } },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
      envFrom: [{ configMapRef: { name: 'more' } }, { prefix: 'X_', secretRef: { name: 'keys' } }],
    },
  ],
  initContainers: [
    { name: 'proxy', restartPolicy: 'Always', envFrom: [{ configMapRef: { name: 'proxy' } }] },
  ],
  volumes: [
    { name: 'settings', configMap: { name: 'settings', items: [{ key: 'a', path: 'a' }] } },
    { name: 'tls', secret: { secretName: 'tls', optional: true } },
    {
      name: 'all',
      projected: {
        sources: [
          { configMap: { name: 'settings' } },
          { secret: { name: 'keys' } },
          { serviceAccountToken: { path: 't' } },
        ],
      },
    },
    {
      name: 'vault',
      csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'vault' } },
    },
    { name: 'disk', csi: { driver: 'disk.csi.azure.com', volumeAttributes: { secretProviderClass: 'no' } } },
    { name: 'empty', emptyDir: {} },
  ],
};

describe('what a pod spec reads as its settings', () => {
  it('is in env, envFrom and volumes, of sidecars as well, and not in what the node needs', () => {
    assert.deepEqual(
      configRefs(podSpec).map(({ kind, name, optional }) => `${kind} ${name}${optional ? '?' : ''}`),
      [
        'ConfigMap settings',
        'Secret keys?',
        'ConfigMap more',
        'Secret keys',
        'ConfigMap proxy',
        'ConfigMap settings',
        'Secret tls?',
        'ConfigMap settings',
        'Secret keys',
        'SecretProviderClass vault',
      ],
    );
  });

  it('gets other names wherever it is, and nothing else changes', () => {
    const renamed = withConfigNames(podSpec, [
      { kind: 'ConfigMap', from: 'settings', to: 'settings-canary' },
      { kind: 'Secret', from: 'tls', to: 'tls-canary' },
      { kind: 'SecretProviderClass', from: 'vault', to: 'vault-canary' },
    ]);
    const expected = JSON.stringify(podSpec)
      .replaceAll('{"name":"settings","key"', '{"name":"settings-canary","key"')
      .replaceAll('"configMap":{"name":"settings"', '"configMap":{"name":"settings-canary"')
      .replace('"secretName":"tls"', '"secretName":"tls-canary"')
      .replace('"secretProviderClass":"vault"', '"secretProviderClass":"vault-canary"');
    assert.equal(JSON.stringify(renamed), expected);
  });

  it('does not take a ConfigMap for a Secret of its name', () => {
    const renames = [{ kind: 'Secret', from: 'settings', to: 'x' }] as const;
    assert.deepEqual(withConfigNames(podSpec, renames), podSpec);
  });

  it('is nothing where the spec is none that Kubernetes would take', () => {
    for (const odd of [undefined, null, 'text', { containers: 'many', volumes: [null, 7, { csi: 'x' }] }]) {
      assert.deepEqual(configRefs(odd), []);
      assert.deepEqual(withConfigNames(odd, [{ kind: 'Secret', from: 'a', to: 'b' }]), odd);
    }
  });
});
