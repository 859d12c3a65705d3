import assert from 'node:assert/strict';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { at, type JsonObject, objectsAt } from '../../sandbox/objects.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answer, ApiClient } from './api-client.ts';

const namespace = 'shop';
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const mappings = `/apis/getambassador.io/v3alpha1/namespaces/${namespace}/mappings`;
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const byForce = '?fieldManager=test&force=true';
const applyPatch = 'application/apply-patch+yaml';
const jsonPatch = 'application/json-patch+json';

const mapping = (name: string, spec: JsonObject = {}) => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name },
  spec: { hostname: '*', prefix: '/other/', service: 'other', ...spec },
});

const configMap = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { key: 'value' },
});

describe("the sandbox's API server, over HTTPS", () => {
  let sandbox: Sandbox;
  let client: ApiClient;

  before(async () => {
    const reader = {
      name: 'reader',
      token: 'reader-token',
      may: ({ verb }: { verb: string }) => ['get', 'list', 'watch'].includes(verb),
    };
    sandbox = await startSandbox({
      namespace,
      withStable: true,
      users: [reader],
      podReadyMs: 50,
      podStopMs: 20,
    });
    client = new ApiClient(sandbox);
  });
  after(async () => {
    client.close();
    await sandbox.stop();
  });

  function ask(method: string, path: string, body?: unknown, type?: string, token?: string): Promise<Answer> {
    return client.ask(method, path, { body, ...(type && { type }), ...(token !== undefined && { token }) });
  }

  const shown = (events: JsonObject[]) =>
    events
      .filter(({ type }) => type !== 'BOOKMARK')
      .map(({ type, object }) => `${type} ${at(object, 'metadata', 'name')}`);

  it('has a kubeconfig that client-node reads, with a certificate that it trusts', async () => {
    const config = new KubeConfig();
    config.loadFromString(sandbox.kubeconfig);
    assert.equal(config.getCurrentCluster()?.server, sandbox.server);
    assert.equal(config.getContextObject(config.getCurrentContext())?.namespace, namespace);
    const { hostname, port } = new URL(sandbox.server);
    const options: RequestOptions = { hostname, port, path: `${deployments}/sample-app`, agent: false };
    await config.applyToHTTPSOptions(options);
    const code = await new Promise((resolve, reject) => {
      httpsRequest(options, response => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    assert.equal(code, 200);
  });

  it('tells its version, groups and resources', async () => {
    assert.equal((await ask('GET', '/version')).body.gitVersion, 'v1.35.4');
    const groups = objectsAt((await ask('GET', '/apis')).body, 'groups').map(({ name }) => name);
    assert.ok(groups.includes('apps') && groups.includes('getambassador.io'));
    const resources = objectsAt((await ask('GET', '/apis/getambassador.io/v3alpha1')).body, 'resources');
    assert.ok(resources.some(({ name, kind }) => name === 'mappings' && kind === 'Mapping'));
    assert.deepEqual(await ask('GET', '/apis/getambassador.io/v2'), {
      code: 404,
      warning: undefined,
      body: { text: '404 page not found\n' },
    });
  });

  it('answers a wrong token with 401, none and too little right with 403, naming who may not do what', async () => {
    assert.equal((await ask('GET', deployments, undefined, undefined, 'wrong')).code, 401);
    const nobody = await ask('GET', deployments, undefined, undefined, '');
    assert.equal(nobody.code, 403);
    assert.equal(
      nobody.body.message,
      'deployments.apps is forbidden: User "system:anonymous" cannot list resource "deployments" in API group "apps" in the namespace "shop"',
    );
    assert.equal((await ask('GET', deployments, undefined, undefined, 'reader-token')).code, 200);
    const reader = await ask('DELETE', `${mappings}/sample-app`, undefined, undefined, 'reader-token');
    assert.equal(
      reader.body.message,
      'mappings.getambassador.io "sample-app" is forbidden: User "reader" cannot delete resource "mappings" in API group "getambassador.io" in the namespace "shop"',
    );
    const review = (verb: string) => ({
      spec: { resourceAttributes: { verb, group: 'apps', resource: 'deployments', namespace } },
    });
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const allowed = async (verb: string) =>
      at((await ask('POST', reviews, review(verb), undefined, 'reader-token')).body, 'status', 'allowed');
    assert.deepEqual([await allowed('get'), await allowed('patch')], [true, false]);
  });

  it('creates and changes a Mapping by server-side apply, and prunes what its schema does not know', async () => {
    const created = await ask(
      'PATCH',
      `${mappings}/applied${byForce}`,
      mapping('applied', { weight: 0 }),
      applyPatch,
    );
    assert.equal(created.code, 201);
    assert.equal(at(created.body, 'metadata', 'generation'), 1);
    const changed = await ask(
      'PATCH',
      `${mappings}/applied${byForce}`,
      mapping('applied', { weight: 5 }),
      applyPatch,
    );
    assert.deepEqual([changed.code, at(changed.body, 'spec', 'weight')], [200, 5]);
    const posted = await ask('POST', mappings, mapping('posted', { nonsense: 1 }));
    assert.deepEqual([posted.code, at(posted.body, 'spec', 'nonsense')], [201, undefined]);
    assert.equal(posted.warning, '299 - "unknown field \\"spec.nonsense\\""');
    const fraction = await ask('POST', mappings, mapping('fraction', { weight: 12.5 }));
    assert.equal(fraction.code, 422);
    assert.match(String(fraction.body.message), /spec\.weight in body must be of type integer: "number"$/);
  });

  it('writes a weight under a resourceVersion: a stale one is 409, a test that fails 422', async () => {
    const { body } = await ask(
      'PATCH',
      `${mappings}/weighted${byForce}`,
      mapping('weighted', { weight: 0 }),
      applyPatch,
    );
    const version = at(body, 'metadata', 'resourceVersion');
    const write = (resourceVersion: unknown, weight: number) => [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/weight', value: weight },
    ];
    assert.equal((await ask('PATCH', `${mappings}/weighted`, write(version, 5), jsonPatch)).code, 200);
    const stale = await ask('PATCH', `${mappings}/weighted`, write(version, 6), jsonPatch);
    assert.deepEqual([stale.code, stale.body.reason], [409, 'Conflict']);
    const test = [{ op: 'test', path: '/spec/weight', value: 99 }];
    const failed = await ask('PATCH', `${mappings}/weighted`, test, jsonPatch);
    assert.deepEqual([failed.code, failed.body.reason, failed.body.details], [422, 'Invalid', {}]);
    assert.equal(at((await ask('GET', `${mappings}/weighted`)).body, 'spec', 'weight'), 5);
  });

  it('changes nothing in a dry run', async () => {
    const dry = await ask('PATCH', `${mappings}/dry${byForce}&dryRun=All`, mapping('dry'), applyPatch);
    assert.deepEqual([dry.code, at(dry.body, 'metadata', 'resourceVersion')], [201, undefined]);
    assert.equal((await ask('GET', `${mappings}/dry`)).code, 404);
    assert.equal((await ask('DELETE', `${mappings}/sample-app?dryRun=All`)).code, 200);
    assert.equal((await ask('GET', `${mappings}/sample-app`)).code, 200);
    const body = { dryRun: ['All'], propagationPolicy: 'Foreground' };
    assert.equal((await ask('DELETE', `${deployments}/sample-app`, body)).code, 200);
    assert.equal(
      at((await ask('GET', `${deployments}/sample-app`)).body, 'metadata', 'deletionTimestamp'),
      undefined,
    );
  });

  it('takes the times of a Lease with six digits after the point, and no others', async () => {
    const lease = (renewTime: string) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'lease' },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 30, renewTime },
    });
    assert.equal((await ask('POST', leases, lease('2026-01-01T00:00:00Z'))).code, 400);
    assert.equal((await ask('POST', leases, lease('2026-01-01T00:00:00.000000Z'))).code, 201);
    const unversioned = await ask('PUT', `${leases}/lease`, lease('2026-01-01T00:00:01.000000Z'));
    assert.match(
      String(unversioned.body.message),
      /metadata\.resourceVersion: Invalid value: 0: must be specified/,
    );
  });

  it('refuses a Deployment whose selector changes or does not select its template', async () => {
    const { body } = await ask('GET', `${deployments}/sample-app`);
    const relabelled = [
      { op: 'add', path: '/spec/selector/matchLabels/x', value: 'y' },
      { op: 'add', path: '/spec/template/metadata/labels/x', value: 'y' },
    ];
    const changed = await ask('PATCH', `${deployments}/sample-app`, relabelled, jsonPatch);
    assert.equal(changed.code, 422);
    assert.match(String(changed.body.message), /spec\.selector: Invalid value: .*: field is immutable/);
    const { metadata: _, status: __, ...rest } = body;
    const spec = { ...(rest.spec as JsonObject), selector: { matchLabels: { app: 'other' } } };
    const created = await ask('POST', deployments, { ...rest, metadata: { name: 'new' }, spec });
    assert.match(String(created.body.message), /`selector` does not match template `labels`$/);
  });

  it('selects and pages lists, the items of built-in kinds without a kind', async () => {
    for (const name of ['page-a', 'page-b', 'page-c'])
      await ask('POST', configMaps, configMap(name, { page: 'yes' }));
    await ask('POST', configMaps, configMap('other'));
    const first = await ask('GET', `${configMaps}?labelSelector=page%3Dyes&limit=2`);
    const names = (answer: Answer) =>
      objectsAt(answer.body, 'items').map(item => at(item, 'metadata', 'name'));
    assert.deepEqual(names(first), ['page-a', 'page-b']);
    assert.equal(objectsAt(first.body, 'items')[0]?.kind, undefined);
    await ask('POST', configMaps, configMap('page-d', { page: 'yes' }));
    const token = encodeURIComponent(String(at(first.body, 'metadata', 'continue')));
    const second = await ask('GET', `${configMaps}?labelSelector=page%3Dyes&limit=2&continue=${token}`);
    // What came after the first page is not in the second.
    assert.deepEqual(names(second), ['page-c']);
    assert.equal(at(second.body, 'metadata', 'continue'), undefined);
    assert.deepEqual(names(await ask('GET', `${configMaps}?fieldSelector=metadata.name%3Dother`)), ['other']);
    assert.equal(objectsAt((await ask('GET', mappings)).body, 'items')[0]?.kind, 'Mapping');
  });

  it('watches from a version on, as its selector sees it, with a bookmark before its end', async () => {
    await ask('POST', configMaps, configMap('watched', { watch: 'yes' }));
    const list = await ask('GET', configMaps);
    const from = String(at(list.body, 'metadata', 'resourceVersion'));
    const query = `watch=true&resourceVersion=${from}&labelSelector=watch%3Dyes&timeoutSeconds=3&allowWatchBookmarks=true`;
    const { events, opened } = client.watch(`${configMaps}?${query}`);
    await opened;
    const merge = 'application/merge-patch+json';
    await ask('PATCH', `${configMaps}/watched`, { data: { key: 'new' } }, merge);
    await ask('POST', configMaps, configMap('unwatched'));
    await ask('PATCH', `${configMaps}/unwatched`, { metadata: { labels: { watch: 'yes' } } }, merge);
    await ask('PATCH', `${configMaps}/unwatched`, { metadata: { labels: null } }, merge);
    await ask('DELETE', `${configMaps}/watched`);
    const seen = await events;
    assert.deepEqual(shown(seen), [
      'MODIFIED watched',
      'ADDED unwatched',
      'DELETED unwatched',
      'DELETED watched',
    ]);
    // As it last matched.
    assert.deepEqual(at(seen.find(({ type }) => type === 'DELETED')?.object, 'metadata', 'labels'), {
      watch: 'yes',
    });
    const bookmark = seen.find(({ type }) => type === 'BOOKMARK');
    const now = at((await ask('GET', configMaps)).body, 'metadata', 'resourceVersion');
    assert.ok(Number(at(bookmark?.object, 'metadata', 'resourceVersion')) <= Number(now));
  });

  it('begins a watch without a version with what is there, and one from too long ago with 410', async () => {
    const { events } = client.watch(
      `${mappings}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dsample-app`,
    );
    assert.deepEqual(shown(await events), ['ADDED sample-app']);
    sandbox.state.forgetChanges();
    const expired = await client.watch(`${mappings}?watch=true&resourceVersion=2`).events;
    assert.deepEqual([expired.length, expired[0]?.type, at(expired[0]?.object, 'code')], [1, 'ERROR', 410]);
    assert.equal((await ask('GET', `${mappings}?watch=true&labelSelector=a%20in%20(`)).code, 400);
  });

  it('deletes by precondition and waits for finalizers', async () => {
    await ask('POST', mappings, {
      ...mapping('held'),
      metadata: { name: 'held', finalizers: ['example.com/hold'] },
    });
    const other = await ask('DELETE', `${mappings}/held`, { preconditions: { uid: 'other' } });
    assert.deepEqual([other.code, other.body.reason], [409, 'Conflict']);
    const marked = await ask('DELETE', `${mappings}/held`);
    assert.notEqual(at(marked.body, 'metadata', 'deletionTimestamp'), undefined);
    assert.equal((await ask('GET', `${mappings}/held`)).code, 200);
    await ask(
      'PATCH',
      `${mappings}/held`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
    assert.equal((await ask('GET', `${mappings}/held`)).code, 404);
    assert.deepEqual((await ask('DELETE', `${mappings}/held`)).body.details, {
      name: 'held',
      group: 'getambassador.io',
      kind: 'mappings',
    });
  });

  it('deletes a collection by label and nothing else', async () => {
    for (const name of ['gone-a', 'gone-b', 'stays']) {
      const labels = name === 'stays' ? {} : { gone: 'yes' };
      await ask('POST', mappings, { ...mapping(name), metadata: { name, labels } });
    }
    assert.equal((await ask('DELETE', `${mappings}?labelSelector=gone%3Dyes`)).code, 200);
    const codes = await Promise.all(
      ['gone-a', 'gone-b', 'stays'].map(name => ask('GET', `${mappings}/${name}`)),
    );
    assert.deepEqual(
      codes.map(({ code }) => code),
      [404, 404, 200],
    );
  });

  it('keeps a log of who asked for what and got which code', () => {
    const last = sandbox.state.requests.at(-1);
    assert.deepEqual(
      { user: last?.user, method: last?.method, code: last?.code },
      { user: 'admin', method: 'GET', code: 200 },
    );
  });
});
