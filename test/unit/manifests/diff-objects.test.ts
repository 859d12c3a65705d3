import assert from 'node:assert/strict';
import fc from 'fast-check';
import { diffObjects } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/diff-objects.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

const object = (spec: unknown, rest: Readonly<Record<string, unknown>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'web' },
  spec,
  ...rest,
});
const diff = (before: unknown, after: unknown) => diffObjects(object(before), object(after));

describe('what differs between two states of an object', () => {
  it('is nothing between two that say the same, whoever wrote them and when', () => {
    const live = object(
      { a: 1 },
      {
        metadata: {
          name: 'web',
          uid: 'u',
          resourceVersion: '7',
          generation: 3,
          creationTimestamp: 'then',
          managedFields: [{ manager: 'kubectl' }],
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
        },
        status: { ready: 1 },
      },
    );
    assert.deepEqual(diffObjects(live, object({ a: 1 })), []);
  });

  it('is each field by its path, also one that comes or goes', () => {
    assert.deepEqual(diff({ a: { b: 1, c: 2 }, same: 'x' }, { a: { b: 3 }, same: 'x', d: { e: [1] } }), [
      { path: 'spec.a.b', before: 1, after: 3 },
      { path: 'spec.a.c', before: 2 },
      { path: 'spec.d', after: { e: [1] } },
    ]);
  });

  it('is no matter of null or absent', () => {
    assert.deepEqual(diff({ a: null }, {}), []);
  });

  it('names a field by its key where that is no word', () => {
    assert.deepEqual(diff({ 'example.com/a.b': 1 }, { 'example.com/a.b': 2 }), [
      { path: 'spec[example.com/a.b]', before: 1, after: 2 },
    ]);
  });

  it('finds containers and variables by their names, wherever they stand', () => {
    const app = (image: string, env: readonly unknown[]) => ({ name: 'app', image, env });
    const [a, b] = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const proxy = { name: 'proxy', image: 'proxy:1' };
    assert.deepEqual(
      diff(
        { containers: [proxy, app('app:1', [a, b])] },
        { containers: [app('app:2', [a, { ...b, value: '3' }])] },
      ),
      [
        { path: 'spec.containers[proxy]', before: proxy },
        { path: 'spec.containers[app].image', before: 'app:1', after: 'app:2' },
        { path: 'spec.containers[app].env[B].value', before: '2', after: '3' },
      ],
    );
  });

  it('tells another order of the same variables, which may use those before them', () => {
    const [a, b] = [{ name: 'A' }, { name: 'B' }];
    assert.deepEqual(diff({ env: [a, b] }, { env: [b, a] }), [
      { path: 'spec.env (order)', before: ['A', 'B'], after: ['B', 'A'] },
    ]);
  });

  it('finds ports by their numbers, and mounts by their paths where a volume is mounted twice', () => {
    assert.deepEqual(
      diff(
        { ports: [{ port: 80 }, { port: 443 }] },
        { ports: [{ port: 80, targetPort: 'http' }, { port: 443 }] },
      ),
      [{ path: 'spec.ports[80].targetPort', after: 'http' }],
    );
    const mount = (mountPath: string, subPath: string) => ({ name: 'data', mountPath, subPath });
    assert.deepEqual(
      diff({ volumeMounts: [mount('/a', '1'), mount('/b', '2')] }, { volumeMounts: [mount('/b', '3')] }),
      [
        { path: 'spec.volumeMounts[/a]', before: mount('/a', '1') },
        { path: 'spec.volumeMounts[/b].subPath', before: '2', after: '3' },
      ],
    );
  });

  it('compares lists without a key by place, and as a whole where their lengths differ', () => {
    assert.deepEqual(diff({ args: ['a', 'b'] }, { args: ['a', 'c'] }), [
      { path: 'spec.args[1]', before: 'b', after: 'c' },
    ]);
    assert.deepEqual(diff({ args: ['a'] }, { args: ['a', 'c'] }), [
      { path: 'spec.args', before: ['a'], after: ['a', 'c'] },
    ]);
  });

  it('is empty exactly where there is no difference', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).filter(value => !/null|__proto__/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        assert.equal(diff(a, b).length === 0, same);
        assert.deepEqual(diff(a, structuredClone(a)), []);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
