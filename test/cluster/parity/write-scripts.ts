import type { ObjectRef } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  companions,
  configMap,
  configMapRef,
  mapping,
  mappingRef,
  namespace,
  service,
  serviceRef,
} from './fixtures.ts';
import { removeFinalizers, type Script, set, stillAt, writtenBy } from './script.ts';
import type { Side } from './side.ts';

/** Objects that no controller touches, written in every way that a release does. */
export const writeScripts: readonly Script[] = [
  {
    name: 'a ConfigMap is tried, applied, patched under its version',
    run: async side => {
      const { api, cluster, attempt } = side;
      const ref = configMapRef('settings');
      await cluster.apply(configMap('settings', { a: '1' }), { dryRun: true });
      await api.get(ref);
      const first = await cluster.apply(configMap('settings', { a: '1' }));
      await cluster.apply(first);
      await cluster.apply(configMap('settings', { a: '2', b: '1' }), { dryRun: true });
      await cluster.apply(configMap('settings', { a: '2', b: '1' }));
      await cluster.apply(configMap('settings', { b: '1' }));
      const stored = await api.get(ref);
      await cluster.patch(ref, [stillAt(stored), set('/data/b', '2')], { dryRun: true });
      await cluster.patch(ref, [stillAt(stored), set('/data/b', '2')]);
      await cluster.patch(ref, [set('/data/b', '2')]);
      await attempt(cluster.patch(ref, [stillAt(stored), set('/data/b', '3')]));
      await attempt(
        cluster.patch(ref, [
          set('/metadata/resourceVersion', stored?.metadata.resourceVersion),
          set('/data/b', '3'),
        ]),
      );
      await attempt(cluster.patch(ref, [{ op: 'remove', path: '/data/none' }]));
      await attempt(cluster.patch(ref, [set('/none/of/it', 1)]));
      await attempt(cluster.patch(ref, [set('/data/none', '1')], { dryRun: true }));
      await attempt(cluster.patch(ref, [set('/data/b', 5)]));
      await attempt(cluster.patch(ref, [set('/metadata/name', 'other')]));
      await api.get(ref);
    },
  },
  {
    name: 'objects are refused with what is wrong with them',
    run: async ({ cluster, attempt }) => {
      for (const dryRun of [true, false]) {
        const apply = (object: Parameters<typeof cluster.apply>[0]) =>
          attempt(cluster.apply(object, { dryRun }));
        await apply({ ...configMap('typo', {}), dota: {} });
        await apply(configMap('wrong', { number: 5 }));
        await apply(configMap('Upper_Case', {}));
        await apply(configMap('label', {}, { labels: { key: 'not a value' } }));
        await apply(configMap('n'.repeat(254), {}));
        await apply(mapping('typo', { wait: 5 }));
        await apply(mapping('fraction', { weight: 12.5 }));
        await apply(mapping('text', { weight: '10' }));
        await apply({ ...mapping('bare', {}), spec: { hostname: '*' } });
        await apply(service('web', { ports: [] }));
        await apply(service('9web'));
        await apply(service('web', { ports: [{ port: 80 }, { port: 81 }] }));
        await apply(service('web', { ports: [{ port: 'http' }] }));
      }
    },
  },
  {
    name: "a canary's Mapping, from weight 0 to its end",
    run: async side => {
      const { api, cluster, attempt } = side;
      const ref = mappingRef('web-canary');
      const twin = mapping('web-canary', {
        weight: 0,
        timeout_ms: 77,
        add_response_headers: { 'x-a': { value: 'b' } },
      });
      await cluster.apply(twin, { dryRun: true });
      const made = await cluster.apply(twin);
      const switched = await cluster.patch(ref, [stillAt(made), set('/spec/service', 'web-canary')]);
      const weighed = await cluster.patch(ref, [stillAt(switched), set('/spec/weight', 10)]);
      await attempt(cluster.patch(ref, [stillAt(switched), set('/spec/weight', 20)]));
      await cluster.patch(ref, [stillAt(weighed), set('/spec/weight', 10)]);
      await attempt(cluster.patch(ref, [set('/spec/weight', 10.5)]));
      await attempt(cluster.patch(ref, [set('/spec/nonsense', 1)]));
      await attempt(cluster.patch(ref, [{ op: 'add', path: '/spec/nonsense', value: 1 }]));
      await attempt(cluster.patch(ref, [{ op: 'remove', path: '/spec/prefix' }]));
      await cluster.apply(mapping('web-canary', { weight: 30 }));
      await cluster.patch(ref, [{ op: 'add', path: '/spec/weight', value: 0 }]);
      await cluster.patch(ref, [{ op: 'add', path: '/spec/weight', value: 0 }]);
      await api.get(ref);
      await cluster.delete(ref);
      await cluster.delete(ref);
      await attempt(cluster.patch(ref, [{ op: 'add', path: '/spec/weight', value: 0 }]));
    },
  },
  {
    name: 'what another manager owns',
    run: async side => {
      const { api, cluster, attempt } = side;
      for (const made of [configMap('shared', { a: '1', b: '1' }), mapping('shared', { weight: 50 })]) {
        const ref: ObjectRef = { ...made, name: made.metadata.name, namespace };
        const field = made.kind === 'Mapping' ? '/spec/weight' : '/data/a';
        const value = made.kind === 'Mapping' ? 5 : 'mine';
        const ours =
          made.kind === 'Mapping' ? mapping('shared', { weight: 5 }) : configMap('shared', { a: 'mine' });
        await api.ask('patch', ref, writtenBy('kubectl', made));
        await cluster.otherManagers(ours);
        await api.ask('patch', ref, writtenBy('ambassador-canary', ours, { force: 'false' }));
        await cluster.patch(ref, [set(field, value)], { dryRun: true });
        await cluster.patch(ref, [set(field, value)]);
        await cluster.apply(ours);
        await api.ask('patch', ref, writtenBy('kubectl', made, { force: 'false' }));
        await api.ask('patch', ref, {
          contentType: 'application/merge-patch+json',
          query: { fieldManager: 'kubectl' },
          body: made,
        });
        await attempt(cluster.apply(ours, { dryRun: true }));
        await cluster.apply(ours);
        await cluster.delete(ref);
      }
    },
  },
  { name: 'deletes, with and without something that holds them up', run: deletes },
  {
    name: 'a Service and its ports',
    run: async ({ api, cluster, attempt }) => {
      await cluster.apply(service('api'), { dryRun: true });
      await cluster.apply(service('api'));
      await cluster.apply(service('api'));
      await cluster.apply(
        service('api', {
          ports: [
            { name: 'http', port: 8080 },
            { name: 'admin', port: 81 },
          ],
        }),
      );
      await cluster.apply(service('headless', { clusterIP: 'None', selector: { app: 'api' } }));
      await cluster.apply({
        ...service('elsewhere'),
        spec: { type: 'ExternalName', externalName: 'example.com' },
      });
      await attempt(cluster.patch(serviceRef('api'), [set('/spec/clusterIP', '10.96.200.200')]));
      await cluster.patch(serviceRef('api'), [set('/spec/selector', { app: 'other' })]);
      await api.get(serviceRef('api'));
      for (const name of ['api', 'headless', 'elsewhere']) await cluster.delete(serviceRef(name));
    },
  },
  {
    name: 'what a release brings along',
    run: async ({ cluster }) => {
      for (const object of companions) await cluster.apply(object, { dryRun: true });
      for (const object of companions) await cluster.apply(object);
      for (const { metadata, ...rest } of companions) {
        await cluster.delete({ ...rest, name: metadata.name, namespace }, {});
      }
      const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'parity-new' } };
      await cluster.apply(space, { dryRun: true });
    },
  },
];

async function deletes({ api, cluster, attempt }: Side): Promise<void> {
  const options = { apiVersion: 'v1', kind: 'DeleteOptions' };
  const hold = { finalizers: ['example.com/hold'] };
  for (const free of [configMap('held', {}), mapping('held', {})]) {
    const held = { ...free, metadata: { ...free.metadata, ...hold } };
    const ref: ObjectRef = { ...free, name: free.metadata.name, namespace };
    const { uid } = (await cluster.apply(held)).metadata;
    await attempt(api.remove(ref, { ...options, preconditions: { uid: 'other' } }));
    await attempt(api.remove(ref, { ...options, preconditions: { uid, resourceVersion: '1' } }));
    await api.remove(ref, { ...options, dryRun: ['All'] });
    await api.get(ref);
    await cluster.delete(ref);
    await cluster.delete(ref);
    await cluster.apply(held);
    await attempt(api.create(free));
    await cluster.patch(ref, [removeFinalizers], { dryRun: true });
    await cluster.patch(ref, [removeFinalizers]);
    await api.get(ref);
    await cluster.apply(free);
    await attempt(api.create(free));
    await attempt(api.remove(ref, { ...options, propagationPolicy: 'Sideways' }));
    await api.remove(ref, { ...options, propagationPolicy: 'Background', dryRun: ['All'] });
    await cluster.delete(ref);
    await api.remove(ref, { ...options, dryRun: ['All'] });
  }
}
