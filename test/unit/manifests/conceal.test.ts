import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { conceal } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/conceal.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const asIs = (text: string) => text;
const object = (kind: string, rest: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  ...rest,
});

describe('an object as it may be shown', () => {
  it('has the values of a Secret as digests, the same ones for a value in base64 and in plain text', () => {
    const shown = conceal(
      object('Secret', {
        data: { password: base64('hunter2') },
        stringData: { password: 'hunter2', user: '' },
      }),
      asIs,
    );
    assert.deepEqual(shown.data, { password: digest('hunter2') });
    assert.deepEqual(shown.stringData, { password: digest('hunter2'), user: digest('') });
  });

  it('shows nothing of a Secret whose values are of no kind that the server would take', () => {
    for (const data of ['hunter2', ['hunter2'], { nested: { password: 'hunter2' } }, { pin: 4711 }]) {
      const shown = JSON.stringify(conceal(object('Secret', { data, stringData: data }), asIs));
      assert.doesNotMatch(shown, /hunter2|4711/);
    }
    assert.equal(conceal(object('Secret', { data: null }), asIs).data, null);
  });

  it('has the values of all environment variables as digests, in whatever kind and depth they are', () => {
    const env = [
      { name: 'A', value: 'hunter2' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'web', key: 'b' } } },
      { name: 'C', value: 4711 },
    ];
    const shown = conceal(
      object('Rollout', {
        spec: { template: { spec: { containers: [{ name: 'app', env }], initContainers: [{ env }] } } },
        env: { PASSWORD: 'hunter2' },
      }),
      asIs,
    );
    assert.doesNotMatch(JSON.stringify(shown), /hunter2|4711/);
    const expected = [{ name: 'A', value: digest('hunter2') }, env[1], { name: 'C', value: digest('4711') }];
    assert.deepEqual(shown.spec, {
      template: {
        spec: { containers: [{ name: 'app', env: expected }], initContainers: [{ env: expected }] },
      },
    });
    assert.deepEqual(shown.env, { PASSWORD: digest('hunter2') });
  });

  it('does not show what kubectl noted of the whole object', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"hunter2"}}',
      team: 'a',
    };
    const shown = conceal({ ...object('ConfigMap', {}), metadata: { name: 'web', annotations } }, asIs);
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
    assert.equal(shown.metadata.annotations?.team, 'a');
  });

  it('is masked in every other text, also in names of fields', () => {
    const data = { hunter2: 'the password is hunter2!', mode: 'env' };
    const shown = conceal(object('ConfigMap', { data }), text => text.replaceAll('hunter2', '***'));
    assert.deepEqual(shown.data, { '***': 'the password is ***!', mode: 'env' });
  });

  it('is else what it was, and the object itself is not touched', () => {
    const config = object('ConfigMap', {
      data: { a: 'b', list: '[1]' },
      spec: { n: 1, b: true, z: null, l: [[1], 'x'], env: 'production' },
    });
    const before = structuredClone(config);
    assert.deepEqual(conceal(config, asIs), before);
    assert.deepEqual(config, before);
  });
});
