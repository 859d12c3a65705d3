import assert from 'node:assert/strict';
import {
  releaseDigest,
  trialDigest,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/release-digest.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { deployment, spec } from '../release/doubles.ts';

const web = deployment('web', 'app:2');
const settings: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { color: 'blue', size: '1' },
};
const key: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace: 'shop' },
  data: { password: 'aHVudGVyMg==' },
};

describe('the digest of what is released', () => {
  const digest = releaseDigest([web, settings, key]);

  it('is the same for the same objects, in whatever order they and their fields come', () => {
    const { data: _, ...turned } = { ...settings };
    assert.equal(
      releaseDigest([key, { ...turned, data: { size: '1', color: 'blue' } }, structuredClone(web)]),
      digest,
    );
  });

  it('differs where anything of it does: an image, a setting, a namespace, an object more or fewer', () => {
    const others = [
      [deployment('web', 'app:3'), settings, key],
      [web, { ...settings, data: { color: 'red', size: '1' } }, key],
      [web, { ...settings, metadata: { name: 'settings', namespace: 'other' } }, key],
      [web, settings],
      [web, settings, key, deployment('api', 'app:2')],
      [web, settings, { ...key, data: { user: 'aHVudGVyMg==' } }],
    ].map(releaseDigest);
    assert.equal(new Set([digest, ...others]).size, 7);
  });

  it('says nothing of the values of a Secret, so that nobody can try values against it', () => {
    const applied = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"c2VjcmV0"}}',
    };
    const other = {
      ...key,
      metadata: { ...key.metadata, annotations: applied },
      data: { password: 'c2VjcmV0' },
    };
    const bare = { ...key, metadata: { ...key.metadata, annotations: {} } };
    assert.equal(releaseDigest([web, settings, other]), releaseDigest([web, settings, bare]));
  });
});

describe('the digest of how a release is tested', () => {
  const digest = trialDigest(spec);

  it('is the same for the same rules, however long one waits for pods, requests in flight and the lock', () => {
    const patient = {
      rolloutTimeout: Duration.minutes(1),
      drain: Duration.zero,
      lockTimeout: Duration.minutes(9),
    };
    assert.equal(trialDigest({ ...structuredCloneOf(spec), ...patient }), digest);
  });

  it('differs where a step or anything that judges it does', () => {
    const [first] = spec.steps;
    assert.ok(first);
    const others: Partial<ReleaseSpec>[] = [
      { steps: [first] },
      { steps: spec.steps.map(step => ({ ...step, pause: Duration.minutes(99) })) },
      { steps: spec.steps.map(step => ({ ...step, weight: Weight.of(99) })) },
      { checks: [] },
      { failureThreshold: 99 },
      { minimumRequests: 999 },
      { onInconclusive: 'continue' },
      { canaryReplicas: 9 },
    ];
    const digests = others.map(part => trialDigest({ ...spec, ...part }));
    assert.equal(new Set([digest, ...digests]).size, others.length + 1);
  });

  it('says nothing of what is secret in a webhook', () => {
    const webhook = (url: string) => ({
      name: 'smoke',
      when: 'gate' as const,
      url: new Secret(url),
      method: 'GET',
      headers: {},
      timeout: Duration.seconds(5),
      retries: 0,
      limit: Duration.minutes(1),
    });
    const of = (url: string) => trialDigest({ ...spec, webhooks: [webhook(url)] });
    assert.equal(of('https://a.example/?key=1'), of('https://a.example/?key=2'));
    assert.notEqual(of('https://a.example'), digest);
  });
});

function structuredCloneOf(whole: ReleaseSpec): ReleaseSpec {
  return { ...whole, steps: whole.steps.map(step => ({ ...step })) };
}
