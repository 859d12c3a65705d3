import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loopbackOf } from '../../rig/addresses.ts';
import { isAlive } from '../../rig/alive.ts';
import { applyObject, readManifests } from '../../rig/apply.ts';
import { type RigCluster, startCluster } from '../../rig/cluster.ts';
import { isKubeStatus, KubeClient, type KubeObject, patchType } from '../../rig/kube-client.ts';
import type { ContainerStatus, Pod } from '../../rig/kubelet/pod.ts';
import { repositoryRoot } from '../../rig/paths.ts';
import { until } from '../../rig/until.ts';

const pods = '/api/v1/namespaces/default/pods';
const deployment = '/apis/apps/v1/namespaces/default/deployments/sample-app';
const mappings = '/apis/getambassador.io/v3alpha1/namespaces/default/mappings';

describe('the rig', () => {
  let cluster: RigCluster;
  let client: KubeClient;

  before(async () => {
    cluster = await startCluster({ backOff: { firstMs: 200, longestMs: 1_000 }, crds: { v2: true } });
    client = cluster.client;
  });
  after(() => cluster.stop());

  const podsOf = async (selector: string) =>
    (await client.list<Pod>(`${pods}?labelSelector=${encodeURIComponent(selector)}`)).items;
  const isReady = (pod: Pod) =>
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const container = async (name: string): Promise<ContainerStatus | undefined> =>
    (await client.get<Pod>(`${pods}/${name}`)).status?.containerStatuses?.[0];
  const eventsOf = async (name: string) =>
    (await client.list(`/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D${name}`))
      .items;
  const ask = async (pod: Pod, path = '/') =>
    fetch(`http://${loopbackOf(pod.status?.podIP ?? '')}:8080${path}`, {
      signal: AbortSignal.timeout(5_000),
    });
  /** Runs one pod of the sample app by itself. */
  const runPod = (name: string, image: string, env: Record<string, string>, more: object = {}) =>
    client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        containers: [
          { name: 'app', image, env: Object.entries(env).map(([name, value]) => ({ name, value })), ...more },
        ],
      },
    });

  it('runs the pods of the sample app until they are ready and stand in the EndpointSlice', async () => {
    for (const object of await readManifests(join(repositoryRoot, 'samples', 'app', 'manifests'))) {
      if (object.kind === 'Deployment') (object.spec as { replicas: number }).replicas = 2;
      await applyObject(client, object);
    }
    const ready = await until('two pods are ready', async () => {
      const found = (await podsOf('app=sample-app')).filter(isReady);
      return found.length === 2 && found;
    });
    const addresses = await until('both stand in the EndpointSlice', async () => {
      const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
      const { items } = await client.list(`${path}?labelSelector=kubernetes.io%2Fservice-name%3Dsample-app`);
      const endpoints = items.flatMap(slice => (slice.endpoints ?? []) as Endpoint[]);
      const serving = endpoints
        .filter(({ conditions }) => conditions.ready)
        .flatMap(endpoint => endpoint.addresses);
      return serving.length === 2 && serving;
    });
    assert.deepEqual(addresses.sort(), ready.map(pod => pod.status?.podIP).sort());
  });

  it('serves each pod on its own loopback address, in the version of its image', async () => {
    const pods = await podsOf('app=sample-app');
    assert.equal(pods.length, 2);
    for (const pod of pods) {
      const answer = await ask(pod);
      assert.equal(answer.headers.get('x-app-version'), '1.0.0');
      assert.deepEqual(await answer.json(), { version: '1.0.0', pod: pod.metadata.name });
    }
  });

  it('rolls a Deployment to a new version with never a pod too few, and takes the old ones away', async () => {
    const old = new Set((await podsOf('app=sample-app')).map(pod => pod.metadata.uid));
    const containers = [{ name: 'app', image: 'registry.example.com/sample-app:1.1.0' }];
    const body = { spec: { template: { spec: { terminationGracePeriodSeconds: 3, containers } } } };
    await client.patch(deployment, body, patchType.strategic);
    let fewest = Number.POSITIVE_INFINITY;
    const left = await until('only ready pods of the new version are left', async () => {
      const all = await podsOf('app=sample-app');
      fewest = Math.min(fewest, all.filter(pod => isReady(pod) && !pod.metadata.deletionTimestamp).length);
      return all.length === 2 && all.every(pod => isReady(pod) && !old.has(pod.metadata.uid)) && all;
    });
    assert.equal(fewest, 2);
    for (const pod of left) assert.equal((await ask(pod)).headers.get('x-app-version'), '1.1.0');
  });

  it('ends a pod in good order: not ready at once, serving on, then gone with exit code 0', async () => {
    const env = { SHUTDOWN_MS: '1500' };
    await runPod('polite', 'x/sample-app:1', env, {
      readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
    });
    const pod = await until('the pod is ready', async () => {
      const found = await client.get<Pod>(`${pods}/polite`);
      return isReady(found) && found;
    });
    let last: Pod = pod;
    const watching = new AbortController();
    const watch = client.watch<Pod>(
      `${pods}?fieldSelector=metadata.name%3Dpolite`,
      {
        onList: () => {},
        onEvent: ({ object }) => {
          last = object;
        },
      },
      watching.signal,
    );
    await client.delete(`${pods}/polite`);
    await until('it is not ready any more', async () => (await ask(pod, '/ready')).status === 503);
    const answer = await ask(pod);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('connection'), 'close');
    await until('it is gone', () => gone(() => client.get(`${pods}/polite`)));
    watching.abort();
    await watch;
    const state = last.status?.containerStatuses?.[0]?.state;
    assert.equal(state && 'terminated' in state && state.terminated.exitCode, 0);
  });

  it('shows a crash loop as a cluster does', async () => {
    await runPod('crash', 'x/sample-app:1', { EXIT_AFTER_MS: '50' });
    const found = await until('a crash loop', async () => {
      const status = await container('crash');
      return status && status.restartCount >= 2 && 'waiting' in status.state && status;
    });
    assert.ok('waiting' in found.state);
    assert.equal(found.state.waiting.reason, 'CrashLoopBackOff');
    assert.match(
      found.state.waiting.message ?? '',
      /^back-off [\d.]+s restarting failed container=app pod=crash_default/,
    );
    assert.equal(found.lastState.terminated?.exitCode, 1);
    assert.equal(found.lastState.terminated?.reason, 'Error');
    await until('an event', async () => (await eventsOf('crash')).some(event => event.reason === 'BackOff'));
  });

  it('gives the log of a container and of the run before it', async () => {
    const said = /^version 1 listens on 127\.244\./;
    await until('it has run twice', async () => ((await container('crash'))?.restartCount ?? 0) >= 2);
    assert.match(await client.text(`${pods}/crash/log?previous=true`), said);
    const [pod] = await podsOf('app=sample-app');
    const log = await client.text(`${pods}/${pod?.metadata.name}/log?tailLines=1`);
    assert.match(log, /^version 1\.1\.0 listens on [\d.]+:8080\n$/);
  });

  it('shows a container that was killed for its memory', async () => {
    await runPod('greedy', 'x/sample-app:1', { EXIT_AFTER_MS: '50', EXIT_CODE: '137' });
    const ended = await until('its end', async () => (await container('greedy'))?.lastState.terminated);
    assert.deepEqual([ended.reason, ended.exitCode], ['OOMKilled', 137]);
  });

  it('shows an image that is not there as a cluster does', async () => {
    await runPod('absent', 'registry.example.com/sample-app:missing', {});
    const message = await until('a back-off', async () => {
      const status = await container('absent');
      if (!status || !('waiting' in status.state)) return undefined;
      return status.state.waiting.reason === 'ImagePullBackOff' && status.state.waiting.message;
    });
    assert.match(
      message,
      /^Back-off pulling image "registry\.example\.com\/sample-app:missing": ErrImagePull: .*not found$/,
    );
    const failed = await until('an event', async () =>
      (await eventsOf('absent')).find(event => event.reason === 'Failed'),
    );
    assert.equal(failed.type, 'Warning');
  });

  it('names the ConfigMap that is missing, and starts the container when it is there', async () => {
    const env = [{ name: 'VERSION', valueFrom: { configMapKeyRef: { name: 'settings', key: 'version' } } }];
    await runPod('waiting', 'x/sample-app:1', {}, { env });
    const message = await until('the reason', async () => {
      const state = (await container('waiting'))?.state;
      return state && 'waiting' in state && state.waiting.message;
    });
    assert.equal(message, 'configmap "settings" not found');
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { version: '7' },
    };
    await client.create('/api/v1/namespaces/default/configmaps', settings);
    const pod = await until('it is ready', async () => {
      const found = await client.get<Pod>(`${pods}/waiting`);
      return isReady(found) && found;
    });
    const answer = await until('an answer', () => ask(pod));
    assert.equal(answer.headers.get('x-app-version'), '7');
  });

  it('keeps a slow starter out of service, and restarts a container that fails its liveness probe', async () => {
    const readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 };
    await runPod('slow', 'x/sample-app:1', { STARTUP_MS: '2500' }, { readinessProbe });
    const livenessProbe = { tcpSocket: { port: 9 }, periodSeconds: 1, failureThreshold: 1 };
    await runPod('dead', 'x/sample-app:1', { SHUTDOWN_MS: '0' }, { livenessProbe });
    const starting = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
    await until('an event that says so', async () =>
      (await eventsOf('slow')).some(({ reason, message }) => reason === 'Unhealthy' && message === starting),
    );
    assert.equal((await container('slow'))?.ready, false);
    await until('it is ready in the end', async () => (await container('slow'))?.ready);
    await until('a restart', async () => ((await container('dead'))?.restartCount ?? 0) > 0);
    const reasons = (await eventsOf('dead')).map(event => event.reason);
    assert.ok(reasons.includes('Unhealthy') && reasons.includes('Killing'), String(reasons));
  });

  it('takes Mappings as Emissary describes them', async () => {
    const mapping = (name: string, spec: object, version = 'v3alpha1') => ({
      apiVersion: `getambassador.io/${version}`,
      kind: 'Mapping',
      metadata: { name },
      spec: { prefix: '/', service: 'x', ...spec },
    });
    await assert.rejects(client.create(mappings, mapping('half', { weight: 12.5 })), isRefused);
    await assert.rejects(client.create(mappings, mapping('text', { weight: '10' })), isRefused);
    await assert.rejects(
      client.create(mappings, { ...mapping('bare', {}), spec: { prefix: '/' } }),
      isRefused,
    );
    const odd = await client.create(mappings, mapping('odd', { weight: -5, hostname: '*', made_up: 1 }));
    assert.deepEqual(odd.spec, { prefix: '/', service: 'x', weight: -5, hostname: '*' });
    const v2 = mappings.replace('v3alpha1', 'v2');
    const short = await client.create(v2, mapping('short', { ambassador_id: 'a', tls: true }, 'v2'));
    assert.deepEqual(short.spec, { prefix: '/', service: 'x', ambassador_id: 'a', tls: true });
  });

  it('lets a service account do what its role says and no more', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    const token = await cluster.createServiceAccount({ namespace: 'default', name: 'reader', rules });
    const reader = new KubeClient({ server: cluster.server, ca: cluster.caPem, token });
    assert.ok((await reader.list(pods)).items.length > 0);
    await assert.rejects(reader.list('/api/v1/namespaces/default/secrets'), error =>
      isKubeStatus(error, 403),
    );
    reader.close();
  });

  it('keeps the pods serving while the API server is away, and goes on when it is back', async () => {
    const [pod] = await podsOf('app=sample-app');
    assert.ok(pod);
    await cluster.stopApiServer();
    await assert.rejects(client.list(pods));
    assert.equal((await ask(pod)).status, 200);
    await cluster.startApiServer();
    await runPod('after', 'x/sample-app:1', {});
    await until('a pod made afterwards is ready', async () =>
      isReady(await client.get<Pod>(`${pods}/after`)),
    );
  });

  it('leaves no process behind', async () => {
    const containers = (await client.list<Pod>(pods)).items.flatMap(
      pod => pod.status?.containerStatuses ?? [],
    );
    const running = containers.filter(({ state }) => 'running' in state);
    assert.ok(running.length >= 3);
    const pids = running.map(({ containerID = '' }) => Number(/^rig:\/\/(\d+)-/.exec(containerID)?.[1]));
    const all = [...pids, ...cluster.pids().values()];
    assert.ok(all.every(isAlive));
    await cluster.stop();
    assert.deepEqual(all.filter(isAlive), []);
  });
});

interface Endpoint {
  addresses: string[];
  conditions: { ready?: boolean };
}

function isRefused(error: unknown): boolean {
  return isKubeStatus(error, 422);
}

async function gone(get: () => Promise<KubeObject>): Promise<boolean> {
  try {
    await get();
    return false;
  } catch (error) {
    if (isKubeStatus(error, 404)) return true;
    throw error;
  }
}
