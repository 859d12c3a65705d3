import { rootOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/resource-table.ts';
import { ServiceProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/service-proxy.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  configMap,
  configMapRef,
  deployment,
  deploymentRef,
  lease,
  leaseRef,
  mapping,
  mappingRef,
  namespace,
  refOf,
} from './fixtures.ts';
import type { Script } from './script.ts';
import type { Side } from './side.ts';

/** A server that is busy may be late for it, so there is more than one chance. */
async function bookmarkAfter({ api, cluster, recorder }: Side, object: KubeObject): Promise<unknown> {
  const { apiVersion, kind } = object;
  const { plural } = await api.resources.resourceOf(apiVersion, kind);
  const path = `${rootOf(apiVersion)}/namespaces/${namespace}/${plural}`;
  for (let chance = 1; chance <= 3; chance++) {
    const { resourceVersion } = await api.list({ apiVersion, kind, namespace });
    const query = { watch: '1', resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds: '4' };
    const answer = await recorder.open({ verb: 'watch', what: plural, path, query });
    const labels = { chance: String(chance) };
    await cluster.apply({ ...object, metadata: { ...object.metadata, labels } });
    for await (const line of 'lines' in answer ? answer.lines : []) {
      if (valueAt(line, 'type') === 'BOOKMARK') return line;
    }
  }
  return undefined;
}

/** What is there, who may ask, and how it is listed and watched. */
export const askScripts: readonly Script[] = [
  {
    name: 'a first look at the cluster',
    run: async ({ cluster, api, attempt }) => {
      await cluster.version();
      for (const group of ['', 'apps', 'getambassador.io', 'autoscaling', 'keda.sh']) {
        await cluster.servedVersions(group);
      }
      await cluster.isNamespaced('monitoring.coreos.com/v1', 'ServiceMonitor');
      await cluster.isNamespaced('policy/v1', 'SomethingElse').catch(() => {});
      await attempt(api.get(refOf('getambassador.io/v2', 'Mapping', 'web')));
      await attempt(api.list({ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', namespace }));
    },
  },
  {
    name: 'a token that is not accepted, and one that may only read',
    run: async side => {
      const { attempt } = side;
      await attempt(side.as('nobody').cluster.version());
      await attempt(side.as('nobody').api.get(deploymentRef('web')));
      const reader = side.as('reader');
      await reader.cluster.version();
      await attempt(reader.api.list({ apiVersion: 'apps/v1', kind: 'Deployment', namespace }));
      await attempt(reader.cluster.apply(mapping('web', {})));
      await attempt(reader.cluster.apply(mapping('web', {}), { dryRun: true }));
      await attempt(reader.cluster.patch(mappingRef('web'), [{ op: 'add', path: '/spec/weight', value: 0 }]));
      await attempt(reader.cluster.delete(mappingRef('web')));
      await attempt(reader.api.create({ ...configMap('x', {}) }));
      await attempt(reader.api.list({ apiVersion: 'v1', kind: 'Secret', namespace }));
      const prometheus = { namespace, service: 'prometheus', port: '9090', path: '' };
      await attempt(new ServiceProxy(reader.api.transport, prometheus).get('/api/v1/query', {}, {}));
      await attempt(reader.api.list({ apiVersion: 'apps/v1', kind: 'Deployment' }));
    },
  },
  {
    name: 'what does not exist',
    run: async ({ api, cluster, attempt }) => {
      for (const ref of [configMapRef('none'), mappingRef('none'), deploymentRef('none'), leaseRef('none')]) {
        await api.get(ref);
        await api.get({ ...ref, namespace: 'none' });
        await cluster.delete(ref);
        await attempt(cluster.patch(ref, [{ op: 'replace', path: '/spec', value: {} }]));
      }
      await api.get({ apiVersion: 'v1', kind: 'Namespace', name: 'none' });
      for (const port of ['9090', 'http']) {
        const service = new ServiceProxy(api.transport, { namespace, service: 'none', port, path: '' });
        await attempt(service.get('/api/v1/query', { query: 'up' }, {}));
      }
      await api.list({ apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping', namespace: 'none' });
      await api.list({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'none' });
      for (const dryRun of [true, false]) {
        await attempt(cluster.apply({ ...mapping('web', {}, { namespace: 'none' }) }, { dryRun }));
        await attempt(cluster.apply({ ...configMap('web', {}, { namespace: 'none' }) }, { dryRun }));
      }
    },
  },
  {
    name: 'lists, by label and by field, in pages',
    run: async ({ api, cluster, attempt }) => {
      for (const name of ['a', 'b', 'c']) {
        await cluster.apply(configMap(name, { name }, { labels: { list: 'yes', name } }));
      }
      await cluster.apply(mapping('listed', {}, { labels: { list: 'yes' } }));
      const configMaps = { apiVersion: 'v1', kind: 'ConfigMap', namespace };
      const selectors = [
        'list=yes',
        'list=yes,name in (a,b)',
        'list,!none,name!=a',
        'name notin (a, b),list',
        'list=no',
      ];
      for (const labelSelector of selectors) await api.list({ ...configMaps, labelSelector });
      await api.list({ apiVersion: 'v1', kind: 'ConfigMap', labelSelector: 'list=yes' });
      await api.list({ ...configMaps, fieldSelector: 'metadata.name=b' });
      await api.list({ ...configMaps, labelSelector: 'list=yes', fieldSelector: 'metadata.name!=b' });
      await api.list({
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        namespace,
        labelSelector: 'list=yes',
      });
      await api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: 'app=nobody' });
      await api.list({
        apiVersion: 'v1',
        kind: 'Event',
        namespace,
        fieldSelector: 'involvedObject.kind=Pod,type=Warning,involvedObject.name=nobody',
      });
      await attempt(api.list({ ...configMaps, labelSelector: 'a in (' }));
      await attempt(api.list({ ...configMaps, fieldSelector: 'data.name=a' }));
      const page = { query: { limit: '2', labelSelector: 'list=yes' } };
      const first = await api.ask('list', configMaps, page);
      const next = (first.body as { metadata: { continue: string } }).metadata.continue;
      await api.ask('list', configMaps, { query: { ...page.query, continue: next } });
    },
  },
  {
    name: 'a watch from a version on',
    run: async side => {
      const { cluster, api } = side;
      await cluster.apply(configMap('watched', { a: '1' }, { labels: { watch: 'yes' } }));
      await cluster.apply(configMap('unwatched', { a: '1' }));
      const labelled = { apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: 'watch=yes' };
      const { resourceVersion } = await api.list(labelled);
      await side.watched(labelled, resourceVersion, 5, async () => {
        await cluster.apply(configMap('watched', { a: '2' }, { labels: { watch: 'yes' } }));
        await cluster.apply(configMap('unwatched', { a: '2' }));
        await cluster.apply(configMap('unwatched', { a: '2' }, { labels: { watch: 'yes' } }));
        await cluster.apply(configMap('unwatched', { a: '2' }, { labels: { watch: 'no' } }));
        await cluster.delete(configMapRef('watched'));
        await cluster.apply(configMap('late', {}, { labels: { watch: 'yes' } }));
      });
      await cluster.apply(mapping('watched', {}));
      const byName = { ...mappingRef('watched'), fieldSelector: 'metadata.name=watched' };
      const { name: _, ...place } = byName;
      const list = await api.list(place);
      await side.watched(place, list.resourceVersion, 2, async () => {
        await cluster.patch(mappingRef('watched'), [{ op: 'add', path: '/spec/weight', value: 1 }]);
        await cluster.delete(mappingRef('watched'));
      });
    },
  },
  {
    name: 'the bookmark before the end of a watch',
    run: async side => {
      const written = [configMap('news', {}), mapping('news', {}), deployment('news'), lease('news')];
      const bookmarks = await side.recorder.unheard(() => {
        return Promise.all(written.map(object => bookmarkAfter(side, object)));
      });
      for (const [index, body] of bookmarks.entries()) {
        side.recorder.exchanges.push({ request: `a bookmark of ${written[index]?.kind}`, status: 200, body });
      }
    },
  },
  {
    name: 'a watch from a version that is long gone',
    run: async side => {
      side.forget();
      const mappings = { apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping', namespace };
      await side.watched(mappings, '1', 1, async () => {});
    },
  },
];
