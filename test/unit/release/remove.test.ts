import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import {
  type KubeObject,
  nameOf,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  removeAdditions,
  removeCanary,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/remove.ts';
import { MemoryCluster } from './doubles.ts';

function object(name: string, metadata: Readonly<Record<string, unknown>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', ...metadata } };
}
const ours = { labels: { 'ambassador-canary/release': 'web' } };
const managed = (manager: string, operation: string) => ({ managedFields: [{ manager, operation }] });

function scene(...objects: readonly KubeObject[]) {
  const cluster = new MemoryCluster();
  for (const one of objects) cluster.objects.set(nameOf(refOf(one)), one);
  const told: ReleaseEvent[] = [];
  const refs = objects.map(refOf);
  return { cluster, told, refs, removal: { cluster, tell: (event: ReleaseEvent) => void told.push(event) } };
}

describe("removing the canary's objects", () => {
  it('deletes those with our label, tells each, and waits until they are gone', async () => {
    const { cluster, told, refs, removal } = scene(object('a', ours), object('b', ours));
    const waits: unknown[] = [];
    const remove = cluster.delete.bind(cluster);
    cluster.delete = async (ref, options?: { readonly gone?: unknown }) => {
      waits.push(options?.gone);
      return remove(ref);
    };
    assert.deepEqual(await removeCanary(removal, refs), []);
    assert.equal(cluster.objects.size, 0);
    assert.deepEqual(
      told.map(event => event.type === 'deleted' && event.object.name),
      ['a', 'b'],
    );
    assert.deepEqual(waits.map(String), ['2m', '2m']);
  });

  it('does not first read what this process has made, and deletes that very object', async () => {
    const { cluster, told, refs, removal } = scene(object('a', { ...ours, uid: '1' }), object('b', ours));
    cluster.made.set('Service shop/a', '1');
    const read: string[] = [];
    const get = cluster.get.bind(cluster);
    cluster.get = ref => {
      read.push(ref.name);
      return get(ref);
    };
    assert.deepEqual(await removeCanary(removal, refs), []);
    assert.deepEqual(read, ['b']);
    assert.equal(told.length, 2);
    assert.deepEqual(
      [await removeCanary(removal, refs), told.length],
      [[], 2],
      'gone already: nothing to tell',
    );
  });

  it('reads what has the name by now of something that this process had made', async () => {
    const { cluster, refs, removal } = scene(object('a', { uid: '2' }), object('b', { ...ours, uid: '2' }));
    for (const name of ['a', 'b']) cluster.made.set(`Service shop/${name}`, '1');
    assert.deepEqual(await removeCanary(removal, refs), [
      "Service shop/a was left alone: it is not this release's any more",
    ]);
    assert.deepEqual([...cluster.objects.keys()], ['Service shop/a']);
  });

  it('reads what it made for good, for that may be somebody else’s by now', async () => {
    const { cluster, refs, removal } = scene(object('a', { ...managed('argocd', 'Apply'), uid: '1' }));
    cluster.made.set('Service shop/a', '1');
    assert.equal((await removeAdditions(removal, refs)).length, 1);
    assert.equal(cluster.objects.size, 1);
  });

  it('has nothing to say of what is gone already', async () => {
    const { told, removal } = scene();
    assert.deepEqual(await removeCanary(removal, [refOf(object('a'))]), []);
    assert.deepEqual(told, []);
  });

  it('leaves what does not carry our label, and names it', async () => {
    const { cluster, told, refs, removal } = scene(
      object('a', { labels: { app: 'web' } }),
      object('b', ours),
    );
    assert.deepEqual(await removeCanary(removal, refs), [
      "Service shop/a was left alone: it is not this release's any more",
    ]);
    assert.deepEqual([...cluster.objects.keys()], ['Service shop/a']);
    assert.equal(told.length, 1);
  });

  it('does not take what our field manager wrote for ours, where the label is gone', async () => {
    const { cluster, refs, removal } = scene(object('a', managed('ambassador-canary', 'Apply')));
    assert.equal((await removeCanary(removal, refs)).length, 1);
    assert.equal(cluster.objects.size, 1);
  });

  it('goes on with the others where one resists, and says why', async () => {
    const { cluster, refs, removal } = scene(object('a', ours), object('b', ours), object('c', ours));
    cluster.beforeWrite = write => {
      if (write.endsWith('/b')) throw new CanaryError('CLUSTER_FORBIDDEN', 'may not', { hint: 'Ask' });
    };
    assert.deepEqual(await removeCanary(removal, refs), [
      'Service shop/b could not be removed: may not. Ask',
    ]);
    assert.deepEqual([...cluster.objects.keys()], ['Service shop/b']);
  });

  it('does not delete what it may not look at', async () => {
    const { cluster, refs, removal } = scene(object('a', ours));
    cluster.get = async () => {
      throw new CanaryError('CLUSTER_FORBIDDEN', 'may not look');
    };
    assert.match(
      (await removeCanary(removal, refs)).join(),
      /^Service shop\/a could not be removed: may not look/,
    );
    assert.deepEqual(cluster.writes, []);
  });

  it('never rejects, not even for an error that nobody foresaw', async () => {
    const { cluster, refs, removal } = scene(object('a', ours));
    cluster.delete = () => Promise.reject(new TypeError('x is undefined'));
    assert.match((await removeCanary(removal, refs)).join(), /An unforeseen error: x is undefined/);
  });
});

describe('removing what a release added for good', () => {
  it('deletes what our field manager applied, which carries no label of ours', async () => {
    const { cluster, refs, removal } = scene(object('a', managed('ambassador-canary', 'Apply')));
    assert.deepEqual(await removeAdditions(removal, refs), []);
    assert.equal(cluster.objects.size, 0);
  });

  const foreign: [what: string, metadata: Readonly<Record<string, unknown>>][] = [
    ['another manager applied', managed('kubectl', 'Apply')],
    ['we have only changed', managed('ambassador-canary', 'Update')],
    ['nobody is known to have made', {}],
    ['says nothing sensible of its managers', { managedFields: 'none' }],
  ];
  for (const [what, metadata] of foreign) {
    it(`leaves what ${what}`, async () => {
      const { cluster, refs, removal } = scene(object('a', metadata));
      assert.match((await removeAdditions(removal, refs)).join(), /was left alone/);
      assert.equal(cluster.objects.size, 1);
    });
  }
});
