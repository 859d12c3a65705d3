import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pass } from 'node:timers/promises';
import { type RigCluster, startCluster } from '../../rig/cluster.ts';
import { until } from '../../rig/until.ts';
import {
  type ConnectionSpec,
  openConnection,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { KubeApi } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import { KubeCluster } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-cluster.ts';
import { LeaseLock } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Transport } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import { Duration } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { KubeObject } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { SystemClock } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { failure } from '../unit/cluster/client.ts';
import { record } from '../unit/cluster/records.ts';

const namespace = 'api-test';
const clock = new SystemClock();

interface Client {
  readonly transport: Transport;
  readonly api: KubeApi;
  readonly cluster: KubeCluster;
}

/** A Deployment whose pods need no traffic and end within a second. */
function deployment(name: string, more: Record<string, unknown> = {}, image = 'x/sidecar:1'): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image }] },
      },
      ...more,
    },
  };
}

const refOf = (name: string, kind = 'Deployment', apiVersion = 'apps/v1') => ({
  apiVersion,
  kind,
  name,
  namespace,
});
const settings = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data,
});
const settingsRef = refOf('settings', 'ConfigMap', 'v1');
const imageOf = (image: string) =>
  ({ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }) as const;

describe('the cluster room on a real API server', () => {
  let rig: RigCluster;
  let admin: Client;
  const clients: Client[] = [];

  before(async () => {
    rig = await startCluster({ namespaces: [namespace], backOff: { firstMs: 200, longestMs: 1_000 } });
    admin = await connect({
      kind: 'kubeconfig',
      kubeconfig: await readFile(rig.kubeconfigPath, 'utf8'),
      acceptUntrustedCerts: false,
    });
  });
  after(async () => {
    for (const { transport } of clients) transport.close();
    await rig?.stop();
  });

  async function connect(spec: ConnectionSpec): Promise<Client> {
    const connection = await openConnection(spec, { registerSecret: () => {}, now: () => clock.now() });
    const transport = new Transport(connection, { clock, version: '0.0.0' });
    const api = new KubeApi(transport);
    const client = { transport, api, cluster: new KubeCluster(api, clock) };
    clients.push(client);
    return client;
  }

  const withToken = (token: string, ca = rig.caPem) =>
    connect({
      kind: 'token',
      server: rig.server,
      token,
      caData: Buffer.from(ca).toString('base64'),
      acceptUntrustedCerts: false,
    });

  const awaitReady = async (name: string, seconds = 20): Promise<string[]> => {
    const told: string[] = [];
    const options = { timeout: Duration.seconds(seconds), onProgress: (detail: string) => told.push(detail) };
    await admin.cluster.awaitReady([refOf(name)], options);
    return told;
  };

  describe('connecting', () => {
    it('tells the version, by a kubeconfig and by a token', async () => {
      assert.match((await admin.cluster.version()).version, /^v1\.\d+\.\d+/);
      assert.equal((await (await withToken(rig.adminToken)).cluster.version()).server, rig.server);
    });

    it('says that the token is not accepted, and that the server is not trusted', async () => {
      await failure((await withToken('nobody')).cluster.version(), 'CLUSTER_FORBIDDEN');
      const stranger = await connect({
        kind: 'token',
        server: rig.server,
        token: 't',
        acceptUntrustedCerts: false,
      });
      assert.match(
        await failure(stranger.cluster.version(), 'CLUSTER_UNREACHABLE'),
        /not trusted.*acceptUntrustedCerts/,
      );
      const careless = await connect({
        kind: 'token',
        server: rig.server,
        token: rig.adminToken,
        acceptUntrustedCerts: true,
      });
      await careless.cluster.version();
    });
  });

  describe('objects', () => {
    it('are applied, tried out, read, and applied again as they were read', async () => {
      assert.equal(
        (await admin.cluster.apply(settings({ a: '1' }), { dryRun: true })).metadata.name,
        'settings',
      );
      assert.equal(await admin.cluster.get(settingsRef), undefined);
      const first = await admin.cluster.apply(settings({ a: '1' }));
      const again = await admin.cluster.apply(first);
      assert.equal(again.metadata.resourceVersion, first.metadata.resourceVersion);
      const read = await admin.cluster.get(settingsRef);
      assert.deepEqual(read?.data, { a: '1' });
      const managers = ((read?.metadata.managedFields ?? []) as { manager: string; operation: string }[]).map(
        ({ manager, operation }) => `${manager} ${operation}`,
      );
      assert.deepEqual(managers, ['ambassador-canary Apply']);
    });

    it('are patched under a test of their version, and a stale one is a conflict', async () => {
      const stored = await admin.cluster.apply(settings({ a: '1' }));
      const isStill = {
        op: 'test',
        path: '/metadata/resourceVersion',
        value: stored.metadata.resourceVersion,
      } as const;
      const set = (value: string) => ({ op: 'replace', path: '/data/a', value }) as const;
      assert.deepEqual((await admin.cluster.patch(settingsRef, [isStill, set('2')], { dryRun: true })).data, {
        a: '2',
      });
      assert.deepEqual((await admin.cluster.patch(settingsRef, [isStill, set('3')])).data, { a: '3' });
      const text = await failure(admin.cluster.patch(settingsRef, [isStill, set('4')]), 'CLUSTER_CONFLICT');
      assert.match(text, /another resourceVersion than expected/);
      const replaceVersion = { ...isStill, op: 'replace' } as const;
      await failure(admin.cluster.patch(settingsRef, [replaceVersion, set('4')]), 'CLUSTER_CONFLICT');
      await failure(
        admin.cluster.patch(settingsRef, [{ op: 'remove', path: '/data/none' }]),
        'CLUSTER_REFUSED',
      );
      await failure(admin.cluster.patch({ ...settingsRef, name: 'none' }, [set('4')]), 'CLUSTER_REFUSED');
      assert.deepEqual((await admin.cluster.get(settingsRef))?.data, { a: '3' });
    });

    it('are refused with the fields named', async () => {
      const wrong = deployment('wrong', { replicas: -1 });
      assert.match(
        await failure(admin.cluster.apply(wrong), 'CLUSTER_REFUSED'),
        /spec\.replicas: Invalid value: -1/,
      );
      const typo = { ...deployment('typo'), spek: {} };
      assert.match(
        await failure(admin.cluster.apply(typo), 'CLUSTER_REFUSED'),
        /\.spek: field not declared in schema/,
      );
      const lost = { ...settings({}), metadata: { name: 'settings', namespace: 'none' } };
      assert.match(
        await failure(admin.cluster.apply(lost), 'CLUSTER_REFUSED'),
        /namespaces "none" not found/,
      );
    });

    it('keep what this step knows nothing of', async () => {
      const spec = {
        hostname: '*',
        prefix: '/x/',
        service: 'web',
        weight: 5,
        timeout_ms: 77,
        add_response_headers: { 'x-a': { value: 'b' } },
      };
      const mapping = {
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        metadata: { name: 'web', namespace },
        spec,
      };
      await admin.cluster.apply(mapping);
      const patched = await admin.cluster.patch(refOf('web', 'Mapping', 'getambassador.io/v3alpha1'), [
        { op: 'replace', path: '/spec/weight', value: 0 },
      ]);
      assert.deepEqual(patched.spec, { ...spec, weight: 0 });
    });

    it('are listed with their kind, by label', async () => {
      await admin.cluster.apply({
        ...settings({}),
        metadata: { name: 'other', namespace, labels: { a: 'b' } },
      });
      const found = await admin.cluster.list('v1', 'ConfigMap', namespace, { labelSelector: 'a=b' });
      assert.deepEqual(
        found.map(({ kind, metadata }) => [kind, metadata.name]),
        [['ConfigMap', 'other']],
      );
      assert.ok((await admin.cluster.list('v1', 'ConfigMap', undefined)).length > 2);
    });

    it('of a group or version that is not served say what is', async () => {
      assert.deepEqual(await admin.cluster.servedVersions('getambassador.io'), ['v3alpha1']);
      assert.deepEqual(await admin.cluster.servedVersions('keda.sh'), []);
      const old = refOf('web', 'Mapping', 'getambassador.io/v2');
      assert.match(
        await failure(admin.cluster.get(old), 'KIND_UNKNOWN'),
        /Write apiVersion: getambassador\.io\/v3alpha1/,
      );
      const scaled = refOf('web', 'ScaledObject', 'keda.sh/v1alpha1');
      assert.match(await failure(admin.cluster.get(scaled), 'KIND_UNKNOWN'), /nothing of the group keda\.sh/);
      assert.equal(await admin.cluster.isNamespaced('storage.k8s.io/v1', 'StorageClass'), false);
      assert.equal(await admin.cluster.isNamespaced('discovery.k8s.io/v1', 'EndpointSlice'), true);
    });

    it('are gone when they are said to be, pods and all', async () => {
      await admin.cluster.apply(deployment('short'));
      await awaitReady('short');
      const before = admin.transport.requests;
      await admin.cluster.delete(refOf('short'), { gone: Duration.seconds(20) });
      // The deletion, and a watch from there on.
      assert.equal(admin.transport.requests - before, 2);
      assert.equal(await admin.cluster.get(refOf('short')), undefined);
      assert.deepEqual(await admin.cluster.list('v1', 'Pod', namespace, { labelSelector: 'app=short' }), []);
      await admin.cluster.delete(refOf('short'), { gone: Duration.seconds(1) });
    });

    it('that a finalizer holds are named with it', async () => {
      const held = {
        ...settings({}),
        metadata: { name: 'held', namespace, finalizers: ['example.com/hold'] },
      };
      await admin.cluster.apply(held);
      const ref = { ...settingsRef, name: 'held' };
      const text = await failure(
        admin.cluster.delete(ref, { gone: Duration.milliseconds(300) }),
        'CLUSTER_REFUSED',
      );
      assert.match(text, /still exists.*finalizers example\.com\/hold/);
      await admin.cluster.patch(ref, [{ op: 'remove', path: '/metadata/finalizers' }]);
    });
  });

  describe('readiness', () => {
    it('is told as it grows, over one watch from our own write on', async () => {
      await admin.cluster.apply(deployment('web'));
      const before = admin.transport.requests;
      const told = await awaitReady('web');
      assert.equal(told.at(-1), 'web: 2 of 2 pods ready');
      assert.equal(admin.transport.requests - before, 1);
      assert.deepEqual(await awaitReady('web'), ['web: 2 of 2 pods ready']);
      await admin.cluster.patch(refOf('web'), [imageOf('x/sidecar:2')]);
      await awaitReady('web');
      const pods = await admin.cluster.list('v1', 'Pod', namespace, { labelSelector: 'app=web' });
      const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const images = alive.map(
        ({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image,
      );
      assert.deepEqual(images, ['x/sidecar:2', 'x/sidecar:2']);
    });

    it('fails with the reason: a missing image, a crash, a quota', async () => {
      const env = [{ name: 'EXIT_AFTER_MS', value: '20' }];
      // Its pods count as ready while they run: without this, both may happen to run at the same time.
      const crashing = deployment('crashing', {
        minReadySeconds: 60,
        template: {
          metadata: { labels: { app: 'crashing' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'app', image: 'x/sample-app:1', env }],
          },
        },
      });
      await rig.client.create('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'tight' },
      });
      const quota = {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q', namespace: 'tight' },
        spec: { hard: { pods: '0' } },
      };
      await admin.cluster.apply(quota);
      await until('the quota is in force', async () => {
        const [found] = await admin.cluster.list('v1', 'ResourceQuota', 'tight');
        return (found?.status as { hard?: object } | undefined)?.hard !== undefined;
      });
      const tight = deployment('tight');
      await admin.cluster.apply({ ...tight, metadata: { name: 'tight', namespace: 'tight' } });
      await admin.cluster.apply(deployment('absent', {}, 'x/sidecar:missing'));
      await admin.cluster.apply(crashing);
      await until('the pods failed', async () => {
        const pods = await admin.cluster.list('v1', 'Pod', namespace, {
          labelSelector: 'app in (absent, crashing)',
        });
        const restarts = pods.map(({ status }) => {
          const { containerStatuses = [] } = (status ?? {}) as {
            containerStatuses?: readonly { restartCount: number; state?: { waiting?: { reason: string } } }[];
          };
          const [app] = containerStatuses;
          return /Image/.test(app?.state?.waiting?.reason ?? '') || (app?.restartCount ?? 0) > 0;
        });
        return restarts.length === 4 && restarts.every(Boolean);
      });
      const late = (ref: ReturnType<typeof refOf>) =>
        failure(admin.cluster.awaitReady([ref], { timeout: Duration.seconds(1) }), 'ROLLOUT_NOT_READY');
      const [absent, crash, noRoom] = await Promise.all([
        late(refOf('absent')),
        late(refOf('crashing')),
        late({ ...refOf('tight'), namespace: 'tight' }),
      ]);
      assert.match(
        absent,
        /absent did not get ready within 1s.*0 of 2 pods ready; pod absent-\S+: container app has no image: (ErrImagePull|ImagePullBackOff).*\(and 1 more\)/,
      );
      assert.match(crash, /container app ends.*exit code 1, \d+ restart/);
      assert.match(noRoom, /no pod can be made: .*exceeded quota/);
      for (const name of ['absent', 'crashing']) await admin.cluster.delete(refOf(name));
    });

    it('is given up when Kubernetes gives up, and waited for when the old version comes back', async () => {
      const one = deployment('single', { replicas: 1, progressDeadlineSeconds: 2 });
      await admin.cluster.apply(one);
      await awaitReady('single');
      await admin.cluster.patch(refOf('single'), [imageOf('x/sidecar:missing')]);
      const text = await failure(awaitReady('single'), 'ROLLOUT_NOT_READY');
      assert.match(
        text,
        /within its progressDeadlineSeconds.*1 of the old left; pod single-\S+: container app has no image/,
      );
      // Its status goes on saying that the deadline was exceeded until the first progress.
      await admin.cluster.patch(refOf('single'), [imageOf('x/sidecar:1')]);
      await awaitReady('single');
    });
  });

  describe('the lock', () => {
    const leases = [{ namespace, name: 'web-canary' }];
    const lock = (more: { lockTimeout?: Duration; seconds?: number; told?: string[] } = {}) =>
      new LeaseLock({
        api: admin.api,
        clock,
        leases,
        lockTimeout: more.lockTimeout ?? Duration.zero,
        onProgress: text => more.told?.push(text),
        cancelled: new AbortController().signal,
        timing: { duration: Duration.seconds(more.seconds ?? 2), renewEvery: Duration.milliseconds(300) },
      });
    const lease = () => admin.cluster.get(refOf('web-canary', 'Lease', 'coordination.k8s.io/v1'));

    it('is won by exactly one of two that race for it, round after round', async () => {
      for (let round = 0; round < 5; round++) {
        const racers = [lock(), lock()];
        const results = await Promise.allSettled(racers.map((one, i) => one.take(record(`${round}-${i}`))));
        assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
        const loser = results.find(result => result.status === 'rejected');
        await failure(Promise.reject(loser?.reason), 'LOCKED');
        await Promise.all(racers.map(one => one.release()));
        assert.equal(await lease(), undefined);
      }
    });

    it('is waited for, written, renewed and given back', async () => {
      const first = lock();
      await first.take(record('1'));
      setTimeout(() => first.release(), 700);
      const second = lock({ lockTimeout: Duration.seconds(10) });
      await second.take(record('2'));
      await second.write(record('2', { weight: 25 }));
      const written = await lease();
      await pass(700);
      const renewed = await lease();
      assert.notEqual(renewed?.metadata.resourceVersion, written?.metadata.resourceVersion);
      assert.equal(JSON.parse(renewed?.metadata.annotations?.['ambassador-canary/record'] ?? '').weight, 25);
      await second.release();
      assert.equal(await lease(), undefined);
    });

    it('is taken over from the dead, and the dead notice when they come back', async () => {
      const dead = lock({ seconds: 1 });
      await dead.take(record('dead', { weight: 25 }));
      const held = await lease();
      assert.ok(held);
      // As if it had been frozen: its Lease is no longer as it knows it, and nobody renews it.
      const told: string[] = [];
      const frozen = { ...held, spec: { ...(held.spec as object), holderIdentity: 'frozen' } };
      await admin.api.replace({
        ...frozen,
        metadata: { ...frozen.metadata, resourceVersion: (await lease())?.metadata.resourceVersion ?? '' },
      });
      const taker = lock({ told });
      assert.equal((await taker.take(record('taker')))?.weight, 25);
      assert.match(told.at(-1) ?? '', /Run dead .* was not heard of for 1s/);
      assert.ok(dead.lost.aborted);
      await failure(dead.write(record('dead')), 'LOCK_LOST');
      await dead.release();
      assert.ok(await lease());
      await taker.release();
    });

    it('is not made anew by a holder that missed its end', async () => {
      const slow = lock();
      await slow.take(record('slow'));
      await admin.cluster.delete(refOf('web-canary', 'Lease', 'coordination.k8s.io/v1'));
      await failure(slow.write({ ...record('slow'), weight: 5 }), 'LOCK_LOST');
      assert.equal(await lease(), undefined);
    });
  });

  describe('a service account that may do little', () => {
    it('is told which verb on what it lacks', async () => {
      const rules = [
        {
          apiGroups: ['apps'],
          resources: ['deployments'],
          resourceNames: ['web'],
          verbs: ['get', 'list', 'watch'],
        },
      ];
      const token = await rig.createServiceAccount({ namespace, name: 'weak', rules });
      const weak = await withToken(token);
      await weak.cluster.version();
      assert.equal((await weak.cluster.get(refOf('web')))?.metadata.name, 'web');
      // A Role for one name is enough to wait for it.
      await weak.cluster.awaitReady([refOf('web')], { timeout: Duration.seconds(10) });
      const patch = await failure(weak.cluster.patch(refOf('web'), [imageOf('x')]), 'CLUSTER_FORBIDDEN');
      assert.match(
        patch,
        /Could not patch Deployment api-test\/web: not allowed.*serviceaccount:api-test:weak/,
      );
      assert.match(patch, /to patch deployments\.apps in namespace api-test/);
      const list = await failure(weak.cluster.list('v1', 'Pod', namespace), 'CLUSTER_FORBIDDEN');
      assert.match(list, /to list pods in namespace api-test/);
      const mapping = await failure(
        weak.cluster.get(refOf('web', 'Mapping', 'getambassador.io/v3alpha1')),
        'CLUSTER_FORBIDDEN',
      );
      assert.match(mapping, /to get mappings\.getambassador\.io in namespace api-test/);
    });
  });

  it('lives through a restart of the API server: requests, a wait, a lock', async () => {
    const lock = new LeaseLock({
      api: admin.api,
      clock,
      leases: [{ namespace, name: 'restart-canary' }],
      lockTimeout: Duration.zero,
      onProgress: () => {},
      cancelled: new AbortController().signal,
    });
    await lock.take(record('1'));
    await admin.cluster.apply(deployment('later', {}, 'x/sidecar:missing'));
    const waiting = awaitReady('later', 30);
    await pass(500);
    await rig.stopApiServer();
    const starting = rig.startApiServer();
    const patching = admin.cluster.patch(refOf('later'), [imageOf('x/sidecar:1')]);
    await Promise.all([starting, patching]);
    await waiting;
    await lock.write(record('1', { weight: 5 }));
    assert.ok(!lock.lost.aborted);
    await lock.release();
  });
});
