import { deployment, deploymentRef, namespace, podTemplate, quickTemplate } from './fixtures.ts';
import { type Script, set, stillAt, writtenBy } from './script.ts';
import type { Side } from './side.ts';

/** Deployments, which controllers write as well: each write begins when these have come to rest. */
export const workloadScripts: readonly Script[] = [
  { name: 'a Deployment is tried, made, promoted, scaled and deleted', run: live },
  {
    name: 'a Deployment that others scale',
    run: async side => {
      const { api, cluster, recorder } = side;
      const ref = deploymentRef('scaled');
      const scaled = (replicas: number) =>
        deployment('scaled', { replicas, template: quickTemplate('scaled') });
      await api.ask('patch', ref, writtenBy('kubectl', scaled(0)));
      await side.settled(ref);
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/scaled/scale`;
      const scale = { what: 'the scale', path, query: { fieldManager: 'kubectl' } };
      const found = await recorder.send({ ...scale, query: {}, verb: 'get' });
      const more = { ...(found.body as object), spec: { replicas: 1 } };
      await recorder.send({ ...scale, verb: 'update', body: more });
      await side.settled(ref);
      await api.get(ref);
      const careful = { force: 'false', dryRun: 'All' };
      await api.ask('patch', ref, writtenBy('kubectl', scaled(1), careful));
      await api.ask('patch', ref, writtenBy('kubectl', scaled(3), careful));
      await cluster.apply(scaled(3), { dryRun: true });
      await recorder.send({ ...scale, verb: 'update', body: more });
      const contentType = 'application/merge-patch+json';
      await recorder.send({ ...scale, verb: 'patch', contentType, body: { spec: { replicas: 0 } } });
      await side.settled(ref);
      await api.get(ref);
      await api.ask('patch', ref, writtenBy('kubectl', scaled(3), careful));
      await cluster.delete(ref);
    },
  },
  {
    name: 'Deployments are refused with what is wrong with them',
    run: async ({ cluster, attempt }) => {
      for (const dryRun of [true, false]) {
        const apply = (spec: object, top: object = {}) =>
          attempt(
            cluster.apply({ ...deployment('wrong', spec as Record<string, unknown>), ...top }, { dryRun }),
          );
        await apply({ replicas: -1 });
        await apply({}, { spek: {} });
        await apply({ replicaCount: 1 });
        await apply({ replicas: '1' });
        await apply({ selector: { matchLabels: { app: 'other' } } });
        await apply({ selector: undefined });
        await apply({ template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: [] } } });
        await apply({
          template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: [{ name: 'web' }] } },
        });
        await apply({
          template: {
            metadata: { labels: { app: 'wrong' } },
            spec: { containers: [{ name: 'Web', image: 'a' }] },
          },
        });
        await apply({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } });
        await apply({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } });
        const container = { name: 'web', image: 'a', resources: { requests: { cpu: 'much' } } };
        await apply({
          template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: [container] } },
        });
        const two = [
          { name: 'web', image: 'a' },
          { name: 'web', image: 'b' },
        ];
        await apply({ template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: two } } });
      }
    },
  },
];

async function live(side: Side): Promise<void> {
  const { api, cluster, attempt } = side;
  const ref = deploymentRef('web');
  await cluster.apply(deployment('web'), { dryRun: true });
  await cluster.apply(deployment('web'));
  await side.settled(ref);
  const stable = await api.get(ref);
  await cluster.apply(deployment('web'), { dryRun: true });
  await cluster.apply(deployment('web'));
  const next = podTemplate('web', 'example.com/shop/web:2.0.0');
  await cluster.patch(ref, [set('/spec/template', podTemplate('web', 'example.com/shop/web:1.0.0'))], {
    dryRun: true,
  });
  await cluster.patch(ref, [set('/spec/template', next)], { dryRun: true });
  await cluster.patch(ref, [stillAt(stable), set('/spec/template', next)]);
  await side.settled(ref);
  await attempt(cluster.patch(ref, [stillAt(stable), set('/spec/template', next)]));
  await api.get(ref);
  const sidecar = {
    ...next,
    spec: { ...next.spec, containers: [{ name: 'sidecar', image: 'a@sha256:0' }, ...next.spec.containers] },
  };
  await api.ask('patch', ref, writtenBy('injector', deployment('web', { template: sidecar })));
  await side.settled(ref);
  await cluster.apply(deployment('web', {}, 'example.com/shop/web:3.0.0'), { dryRun: true });
  await cluster.patch(ref, [set('/spec/template', next)]);
  await side.settled(ref);
  await attempt(cluster.patch(ref, [set('/spec/selector', { matchLabels: { app: 'x' } })]));
  await attempt(cluster.patch(ref, [set('/spec/template', { metadata: {}, spec: next.spec })]));
  await attempt(cluster.patch(ref, [set('/spec/replicas', 'many')], { dryRun: true }));
  await cluster.patch(ref, [set('/spec/template/metadata/annotations', {})]);
  await side.settled(ref);
  await cluster.apply(deployment('web', { replicas: undefined }), { dryRun: true });
  await api.get(ref);
  await api.list({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace,
    fieldSelector: 'metadata.name=web',
  });
  await api.remove(ref, { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' });
  await side.until(ref, found => found === undefined);
  await api.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, labelSelector: 'app=web' });
}
