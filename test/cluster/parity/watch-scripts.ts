import { rootOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/resource-table.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { configMap, configMapRef, deployment, lease, mapping, mappingRef, namespace } from './fixtures.ts';
import type { Script } from './script.ts';
import type { Side } from './side.ts';

/** Watches, as `follow.ts` opens them. */
export const watchScripts: readonly Script[] = [
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
