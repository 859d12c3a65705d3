import { ServiceProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/service-proxy.ts';
import {
  configMap,
  configMapRef,
  deploymentRef,
  leaseRef,
  mapping,
  mappingRef,
  namespace,
  refOf,
} from './fixtures.ts';
import type { Script } from './script.ts';
import type { Side } from './side.ts';

/** Of these there are none yet. */
const surveyed = [
  ['apps/v1', 'Deployment'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['getambassador.io/v3alpha1', 'TCPMapping'],
  ['getambassador.io/v3alpha1', 'Host'],
  ['getambassador.io/v3alpha1', 'Module'],
] as const;

/** As `check-access.ts` asks; itself it asks no more than it has to, which depends on the answers. */
async function review({ recorder }: Side, kind: string, spec: object): Promise<void> {
  const apiVersion = 'authorization.k8s.io/v1';
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
  await recorder.send({ verb: 'create', what: kind, path, body: { apiVersion, kind, metadata: {}, spec } });
}

/** What is there, who may ask, and how it is listed. */
export const askScripts: readonly Script[] = [
  {
    name: 'a first look at the cluster',
    run: async ({ cluster, api, attempt }) => {
      await cluster.version();
      for (const group of ['', 'apps', 'getambassador.io', 'x.getambassador.io', 'autoscaling', 'keda.sh']) {
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
      for (const user of [side, reader]) {
        await review(user, 'SelfSubjectRulesReview', { namespace });
        for (const verb of ['get', 'patch']) {
          const resourceAttributes = { group: 'apps', resource: 'deployments', namespace, verb };
          await review(user, 'SelfSubjectAccessReview', { resourceAttributes });
        }
      }
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
      const rbac = 'rbac.authorization.k8s.io/v1';
      for (const [apiVersion, kind] of [
        ['v1', 'Namespace'],
        ['v1', 'Secret'],
        ['v1', 'ServiceAccount'],
        ['v1', 'PersistentVolumeClaim'],
        ['scheduling.k8s.io/v1', 'PriorityClass'],
        [rbac, 'Role'],
        [rbac, 'ClusterRole'],
      ] as const) {
        await api.get(refOf(apiVersion, kind, 'none'));
      }
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
      for (const [apiVersion, kind] of surveyed) {
        for (const place of [{ namespace }, { labelSelector: 'app=nobody' }])
          await api.list({ apiVersion, kind, ...place });
      }
      await api.list({ apiVersion: 'apps/v1', kind: 'Deployment', labelSelector: 'product=aes' });
      await attempt(api.list({ ...configMaps, labelSelector: 'a in (' }));
      await attempt(api.list({ ...configMaps, fieldSelector: 'data.name=a' }));
      const page = { query: { limit: '2', labelSelector: 'list=yes' } };
      const first = await api.ask('list', configMaps, page);
      const next = (first.body as { metadata: { continue: string } }).metadata.continue;
      await api.ask('list', configMaps, { query: { ...page.query, continue: next } });
    },
  },
];
