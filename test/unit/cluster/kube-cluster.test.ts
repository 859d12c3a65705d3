import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { type Client, clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';
import { faults, json, status } from './test-server.ts';

const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
const path = '/api/v1/namespaces/shop/configmaps/settings';
const settings: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { level: '1' },
};
const raise = [{ op: 'replace', path: '/data/level', value: '2' }] as const;
const testOf = (object: KubeObject) =>
  ({ op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion }) as const;

describe('KubeCluster', () => {
  let fake: FakeApi;
  let client: Client;

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, new FastClock(100));
  });
  afterEach(async () => {
    client.transport.close();
    await fake.server.stop();
  });

  it('tells the version of the API server, in one request', async () => {
    assert.deepEqual(await client.cluster.version(), { version: 'v1.35.4', server: fake.server.url });
    assert.equal(client.transport.requests, 1);
  });

  it('gets an object, and undefined where there is none', async () => {
    assert.equal(await client.cluster.get(ref), undefined);
    fake.put(path, settings);
    assert.deepEqual((await client.cluster.get(ref))?.data, { level: '1' });
  });

  describe('kinds', () => {
    it('asks once for a group version whose kinds are not in its table', async () => {
      fake.served['keda.sh/v1alpha1'] = { scaledobjects: { kind: 'ScaledObject', namespaced: true } };
      const scaled = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web', namespace: 'shop' };
      await Promise.all([client.cluster.get(scaled), client.cluster.get(scaled)]);
      await client.cluster.get(scaled);
      assert.equal(fake.server.calls.filter(call => call === 'GET /apis/keda.sh/v1alpha1').length, 1);
      assert.equal(await client.cluster.isNamespaced('keda.sh/v1alpha1', 'ScaledObject'), true);
      assert.equal(await client.cluster.isNamespaced('v1', 'Namespace'), false);
      assert.equal(client.transport.requests, 4);
    });

    it("says that Emissary's CRDs are missing", async () => {
      const mapping = {
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        name: 'web',
        namespace: 'shop',
      };
      const text = await failure(client.cluster.get(mapping), 'KIND_UNKNOWN');
      assert.match(text, /does not serve Mapping of getambassador\.io\/v3alpha1/);
      assert.match(text, /found nothing of the group getambassador\.io.*Install Emissary's CRDs/);
      await failure(client.cluster.list('getambassador.io/v3alpha1', 'Mapping', 'shop'), 'KIND_UNKNOWN');
    });

    it('says which version is served instead', async () => {
      fake.served['getambassador.io/v2'] = { mappings: { kind: 'Mapping', namespaced: true } };
      const mapping = {
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        metadata: { name: 'web', namespace: 'shop' },
      };
      const text = await failure(client.cluster.apply(mapping), 'KIND_UNKNOWN');
      assert.match(text, /found getambassador\.io\/v2\. Write apiVersion: getambassador\.io\/v2/);
      assert.deepEqual(await client.cluster.servedVersions('getambassador.io'), ['v2']);
      assert.deepEqual(await client.cluster.servedVersions('none.example'), []);
    });

    it('says that a served group version has no such kind', async () => {
      const text = await failure(client.cluster.isNamespaced('apps/v1', 'Deploymant'), 'KIND_UNKNOWN');
      assert.match(text, /found apps\/v1, but no Deploymant in it/);
    });

    it('asks again for a group that came later', async () => {
      const come = () => client.cluster.isNamespaced('keda.sh/v1alpha1', 'ScaledObject');
      await failure(come(), 'KIND_UNKNOWN');
      fake.served['keda.sh/v1alpha1'] = { scaledobjects: { kind: 'ScaledObject', namespaced: true } };
      assert.equal(await come(), true);
    });
  });

  describe('list', () => {
    it('reads all pages, each object with its kind', async () => {
      for (let i = 0; i < 1_203; i++) {
        fake.put(`/api/v1/namespaces/shop/configmaps/c${i}`, {
          ...settings,
          metadata: { name: `c${i}`, namespace: 'shop' },
        });
      }
      const all = await client.cluster.list('v1', 'ConfigMap', 'shop', { labelSelector: 'a=b' });
      assert.equal(all.length, 1_203);
      assert.deepEqual([all[7]?.apiVersion, all[7]?.kind], ['v1', 'ConfigMap']);
      assert.deepEqual(
        fake.server.received.map(({ query }) => [
          query.get('limit'),
          query.get('continue'),
          query.get('labelSelector'),
        ]),
        [
          ['500', null, 'a=b'],
          ['500', '500', 'a=b'],
          ['500', '1000', 'a=b'],
        ],
      );
    });

    it('reads everything in one piece when the pages have expired', async () => {
      for (let i = 0; i < 600; i++)
        fake.put(`/api/v1/namespaces/shop/configmaps/c${i}`, {
          ...settings,
          metadata: { name: `c${i}`, namespace: 'shop' },
        });
      fake.server.faults.push((_, response) =>
        json(response, 200, { metadata: { resourceVersion: '1', continue: '500' }, items: [settings] }),
      );
      fake.server.faults.push(faults.answer(410, {}, status(410, 'Expired', 'too old')));
      assert.equal((await client.cluster.list('v1', 'ConfigMap', 'shop')).length, 600);
    });

    it('reads all namespaces where none is named', async () => {
      fake.put(path, settings);
      fake.put('/api/v1/namespaces/other/configmaps/x', {
        ...settings,
        metadata: { name: 'x', namespace: 'other' },
      });
      assert.equal((await client.cluster.list('v1', 'ConfigMap', undefined)).length, 2);
      assert.equal((await client.cluster.list('v1', 'ConfigMap', 'other')).length, 1);
    });
  });

  describe('apply', () => {
    it('applies as our field manager, with force, and leaves out what belongs to one stored object', async () => {
      const stored = fake.put(path, {
        ...settings,
        metadata: { ...settings.metadata, managedFields: [{}], labels: { a: 'b' } },
        status: { x: 1 },
      });
      await client.cluster.apply(stored);
      const [received] = fake.server.received;
      assert.equal(received?.method, 'PATCH');
      assert.equal(received?.headers['content-type'], 'application/apply-patch+yaml');
      assert.deepEqual(Object.fromEntries(received?.query ?? []), {
        fieldManager: 'ambassador-canary',
        force: 'true',
      });
      assert.deepEqual(JSON.parse(received?.text ?? ''), {
        ...settings,
        metadata: { name: 'settings', namespace: 'shop', labels: { a: 'b' } },
        status: { x: 1 },
      });
    });

    it('tries out without changing anything', async () => {
      const tried = await client.cluster.apply(settings, { dryRun: true });
      assert.deepEqual(tried.data, { level: '1' });
      assert.equal(fake.server.received[0]?.query.get('dryRun'), 'All');
      assert.equal(fake.object(path), undefined);
    });

    it('is done again when the answer was lost', async () => {
      fake.server.loseNextAnswer();
      assert.deepEqual((await client.cluster.apply(settings)).data, { level: '1' });
      assert.equal(fake.server.received.length, 2);
    });

    it('names the fields that the API server refuses, once each', async () => {
      const causes = [
        { field: 'spec.replicas', message: 'Invalid value: -1' },
        { field: 'spec.paused', message: 'Required value' },
      ];
      const message = 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1';
      fake.server.faults.push(
        faults.answer(422, {}, status(422, 'Invalid', message, { name: 'web', causes })),
      );
      const text = await failure(client.cluster.apply(settings), 'CLUSTER_REFUSED');
      assert.match(
        text,
        /Could not patch ConfigMap shop\/settings: .*422 Invalid: .*spec\.replicas: Invalid value: -1; spec\.paused Required value/,
      );
    });

    it('asks whose fields an apply would take besides our own, by a dry run that is not forced', async () => {
      const causes = [
        { reason: 'FieldManagerConflict', message: 'conflict with "helm" using apps/v1', field: '.data.a' },
        { reason: 'FieldManagerConflict', message: 'conflict with "edit" using apps/v1', field: '.data.a' },
        { reason: 'FieldManagerConflict', message: 'conflict with "helm" using apps/v1', field: '.data.b' },
        { reason: 'FieldManagerConflict', message: 'conflict with "ambassador-canary"', field: '.data.c' },
      ];
      fake.server.faults.push(
        faults.answer(409, {}, status(409, 'Conflict', 'Apply failed with 4 conflicts', { causes })),
      );
      assert.deepEqual(await client.cluster.otherManagers(settings), ['edit', 'helm']);
      const [asked] = fake.server.received;
      assert.deepEqual([asked?.query.get('dryRun'), asked?.query.get('force')], ['All', null]);
    });

    it('never quotes what it sends of a Secret', async () => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'shop' },
        data: { k: 'aGlkZGVu' },
      };
      const refusal = status(422, 'Invalid', 'cannot read aGlkZGVu', {
        causes: [{ field: 'data.k', message: 'aGlkZGVu' }],
      });
      fake.server.faults.push(faults.answer(422, {}, refusal));
      const text = await failure(client.cluster.apply(secret), 'CLUSTER_REFUSED');
      assert.doesNotMatch(text, /aGlkZGVu/);
      assert.match(text, /422 Invalid data\.k/);
    });
  });

  describe('patch', () => {
    it('patches under a test of the version', async () => {
      const stored = fake.put(path, settings);
      const patched = await client.cluster.patch(ref, [testOf(stored), ...raise]);
      assert.deepEqual(patched.data, { level: '2' });
      assert.equal(fake.server.received[0]?.headers['content-type'], 'application/json-patch+json');
      assert.equal(fake.server.received[0]?.query.get('fieldManager'), 'ambassador-canary');
    });

    it('is a conflict when somebody else has changed the object', async () => {
      const stored = fake.put(path, settings);
      fake.put(path, { ...stored, data: { level: '7' } });
      const text = await failure(client.cluster.patch(ref, [testOf(stored), ...raise]), 'CLUSTER_CONFLICT');
      assert.match(text, /another resourceVersion than expected/);
      assert.deepEqual(fake.object(path)?.data, { level: '7' });
    });

    it('is refused when an operation does not fit, and when the object does not exist', async () => {
      fake.put(path, settings);
      await failure(client.cluster.patch(ref, [{ op: 'remove', path: '/data/none' }]), 'CLUSTER_REFUSED');
      const text = await failure(client.cluster.patch({ ...ref, name: 'none' }, raise), 'CLUSTER_REFUSED');
      assert.match(text, /"none" not found/);
    });

    it('knows its own work when the answer was lost and the second try comes too late', async () => {
      const stored = fake.put(path, settings);
      fake.server.loseNextAnswer();
      const patched = await client.cluster.patch(ref, [testOf(stored), ...raise]);
      assert.deepEqual(patched.data, { level: '2' });
      fake.server.loseNextAnswer();
      await client.cluster.patch(ref, [{ op: 'remove', path: '/data/level' }]);
      assert.deepEqual(fake.object(path)?.data, {});
    });

    it("does not take somebody else's work for its own", async () => {
      const stored = fake.put(path, settings);
      fake.server.faults.push((_, __, socket) => {
        fake.put(path, { ...stored, data: { level: '9' } });
        socket.destroy();
      });
      await failure(client.cluster.patch(ref, [testOf(stored), ...raise]), 'CLUSTER_CONFLICT');
      assert.deepEqual(fake.object(path)?.data, { level: '9' });
    });

    it('adds to an array only once, even if nobody can say whether it did', async () => {
      fake.put(path, { ...settings, list: [] });
      fake.server.loseNextAnswer();
      await failure(
        client.cluster.patch(ref, [{ op: 'add', path: '/list/-', value: 1 }]),
        'CLUSTER_UNREACHABLE',
      );
      assert.equal(fake.server.received.length, 1);
    });
  });

  describe('delete', () => {
    it('deletes, and takes it as done where nothing is', async () => {
      fake.put(path, settings);
      await client.cluster.delete(ref);
      await client.cluster.delete(ref, { gone: Duration.seconds(10) });
      assert.equal(fake.object(path), undefined);
      assert.equal(JSON.parse(fake.server.received[0]?.text ?? '').propagationPolicy, 'Background');
    });

    it('lets the pods of a workload go first when its end is awaited', async () => {
      const web = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' };
      await client.cluster.delete(web, { gone: Duration.seconds(10) });
      await client.cluster.delete(web);
      const policies = fake.server.received.map(({ text }) => JSON.parse(text).propagationPolicy);
      assert.deepEqual(policies, ['Foreground', 'Background']);
    });

    it('tells whether there was anything, and waits for nothing that has gone at once', async () => {
      const stored = fake.put(path, settings);
      fake.server.faults.push(faults.answer(200, {}, stored));
      assert.equal(await client.cluster.delete(ref, { gone: Duration.seconds(10) }), true);
      assert.equal(fake.server.calls.length, 1);
      fake.remove(path);
      assert.equal(await client.cluster.delete(ref), false);
    });

    it('knows what it has made, and deletes that very object only', async () => {
      await client.cluster.apply(settings, { dryRun: true });
      fake.remove(path);
      assert.equal(client.cluster.uidOfMade(ref), undefined);
      const { uid } = (await client.cluster.apply(settings)).metadata;
      assert.equal(client.cluster.uidOfMade(ref), uid);
      assert.equal(client.cluster.fenced(() => {}).uidOfMade(ref), uid);
      const wishes = { uid: String(uid) };
      fake.remove(path);
      fake.put(path, settings);
      await failure(client.cluster.delete(ref, wishes), 'CLUSTER_CONFLICT');
      assert.ok(fake.object(path) !== undefined);
    });

    it('does not take for its own what was there', async () => {
      fake.put(path, settings);
      await client.cluster.apply(settings);
      assert.equal(client.cluster.uidOfMade(ref), undefined);
    });

    it('waits by one watch, from its deletion on, until it is gone', async () => {
      fake.put(path, settings);
      fake.holdsDeleted = true;
      const deleting = client.cluster.delete(ref, { gone: Duration.minutes(5) });
      await fake.watched();
      fake.remove(path);
      await deleting;
      assert.deepEqual(fake.server.calls, [`DELETE ${path}`, 'GET /api/v1/namespaces/shop/configmaps']);
      assert.equal(fake.server.received[1]?.query.get('fieldSelector'), 'metadata.name=settings');
    });

    it('is done when another of the same name has taken its place', async () => {
      fake.put(path, settings);
      fake.holdsDeleted = true;
      const deleting = client.cluster.delete(ref, { gone: Duration.minutes(5) });
      await fake.watched();
      fake.endWatches();
      fake.remove(path);
      fake.put(path, settings);
      await deleting;
      assert.ok(fake.object(path));
    });

    it('names the finalizer that holds it', async () => {
      fake.put(path, settings);
      fake.holdsDeleted = true;
      const text = await failure(
        client.cluster.delete(ref, { gone: Duration.seconds(5) }),
        'CLUSTER_REFUSED',
      );
      assert.match(
        text,
        /ConfigMap shop\/settings still exists 5s after it was deleted: found finalizers held\/by-test/,
      );
      await fake.noWatchLeft();
    });
  });

  describe('not being allowed', () => {
    const rbac =
      'configmaps is forbidden: User "weak" cannot get resource "configmaps" in API group "" in the namespace "shop"';

    it('names verb, resource and namespace, and what the API server said', async () => {
      fake.server.faults.push(faults.answer(403, {}, status(403, 'Forbidden', rbac, { kind: 'configmaps' })));
      const text = await failure(client.cluster.get(ref), 'CLUSTER_FORBIDDEN');
      assert.match(text, /Could not get ConfigMap shop\/settings: not allowed.*User "weak" cannot get/);
      assert.match(text, /to get configmaps in namespace shop/);
      fake.server.faults.push(faults.answer(403, {}, status(403, 'Forbidden', rbac.replace('get', 'list'))));
      const list = await failure(
        client.cluster.list('apps/v1', 'Deployment', undefined),
        'CLUSTER_FORBIDDEN',
      );
      assert.match(list, /to list deployments\.apps in the cluster/);
    });

    it('does not blame permissions for a quota', async () => {
      const quota =
        'pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2';
      fake.server.faults.push(faults.answer(403, {}, status(403, 'Forbidden', quota)));
      const text = await failure(client.cluster.apply(settings), 'CLUSTER_REFUSED');
      assert.match(text, /exceeded quota.*raise it: a canary needs room beside stable/);
    });

    it('does not blame permissions for admission, nor for a namespace that is being deleted', async () => {
      const refusals: [string, RegExp][] = [
        [
          'admission webhook "images.example.com" denied the request: image is not signed',
          /the API server refuses: found 403 Forbidden: admission webhook .* not signed.*no permission is missing/,
        ],
        [
          'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
          /violates PodSecurity.*no permission is missing/,
        ],
        [
          'configmaps "x" is forbidden: unable to create new content in namespace shop because it is being terminated',
          /Could not patch ConfigMap shop\/settings: its namespace is being deleted.*Find out who deletes/,
        ],
      ];
      for (const [said, expected] of refusals) {
        fake.server.faults.push(faults.answer(403, {}, status(403, 'Forbidden', said)));
        assert.match(await failure(client.cluster.apply(settings), 'CLUSTER_REFUSED'), expected);
      }
    });

    it('says that the credentials are not accepted', async () => {
      fake.server.faults.push(faults.answer(401, {}, status(401, 'Unauthorized', 'Unauthorized')));
      assert.match(
        await failure(client.cluster.version(), 'CLUSTER_FORBIDDEN'),
        /does not accept the credentials.*Renew/,
      );
    });
  });

  it('says so when the API server cannot answer, and when what answers is none', async () => {
    fake.server.faults.push(
      ...Array.from({ length: 5 }, () =>
        faults.answer(503, {}, status(503, 'ServiceUnavailable', 'etcd is away')),
      ),
    );
    assert.match(
      await failure(client.cluster.get(ref), 'CLUSTER_UNREACHABLE'),
      /cannot answer now.*etcd is away/,
    );
    fake.server.faults.push(faults.answer(200, {}, ['hello']));
    assert.match(await failure(client.cluster.get(ref), 'CLUSTER_UNREACHABLE'), /is no API server/);
  });
});
