import assert from 'node:assert/strict';
import { surveyRouting } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/survey-routing.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { DryRunCluster } from './dry-run-cluster.ts';

type Spec = Readonly<Record<string, unknown>>;

const emissary = 'getambassador.io/v3alpha1';

function object(
  apiVersion: string,
  kind: string,
  name: string,
  spec: Spec = {},
  namespace = 'shop',
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}
const mapping = (name: string, spec: Spec = {}, namespace = 'shop') =>
  object(emissary, 'Mapping', name, { hostname: '*', prefix: '/', service: 'web.shop', ...spec }, namespace);
const names = (objects: readonly KubeObject[] = []) =>
  objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

function look(cluster: DryRunCluster, ...namespaces: string[]) {
  return surveyRouting(cluster, namespaces.length > 0 ? namespaces : ['shop']);
}

describe('looking for routes', () => {
  it('finds Mappings and annotations in all namespaces, but Services of ours only', async () => {
    const text = 'apiVersion: getambassador.io/v2\nkind: Mapping\nname: other\nprefix: /\nservice: web.shop';
    const parent = (kind: string, apiVersion: string, name: string): KubeObject => ({
      ...object(apiVersion, kind, name, {}, 'edge'),
      metadata: { name, namespace: 'edge', annotations: { 'getambassador.io/config': text } },
    });
    const cluster = new DryRunCluster(
      mapping('far', {}, 'edge'),
      object('v1', 'Service', 'web'),
      parent('Service', 'v1', 'gate'),
      parent('Ingress', 'networking.k8s.io/v1', 'ways'),
      object(emissary, 'TCPMapping', 'raw', { service: 'web.shop' }, 'edge'),
    );
    const { mappings, services, routing } = await look(cluster);
    assert.deepEqual([names(mappings), names(services)], [['edge/far'], ['shop/web']]);
    assert.deepEqual(names(routing.annotations.map(annotation => annotation.parent)), [
      'edge/gate',
      'edge/ways',
    ]);
    assert.deepEqual(names(routing.annotations.flatMap(({ reading }) => reading.objects)), [
      'edge/other',
      'edge/other',
    ]);
    assert.deepEqual(names(routing.tcpMappings), ['edge/raw']);
    assert.deepEqual(routing.notes, []);
  });

  it('looks in our namespaces where it may not look everywhere, and names what it can not see', async () => {
    const cluster = new DryRunCluster(mapping('near'), mapping('far', {}, 'edge'));
    cluster.forbidden.push(/everywhere/);
    const { mappings, routing } = await look(cluster, 'shop', 'blog');
    assert.deepEqual(names(mappings), ['shop/near']);
    assert.match(
      routing.notes.join('\n'),
      /^Only in shop, blog could be looked for what routes here \(Ingress, Mapping, Module, Service, TCPMapping; /,
    );
  });

  it('goes on without what may not be seen at all, and says so', async () => {
    const cluster = new DryRunCluster(mapping('web'));
    cluster.forbidden.push(/Module|Ingress|TCPMapping/);
    const { routing } = await look(cluster);
    assert.match(
      routing.notes.join('\n'),
      /^Could not look at Ingresses, Modules, TCPMappings \(not allowed\)/,
    );
    assert.equal(routing.modules, undefined);
  });

  it('needs no right to see what Emissary 2.0 left behind', async () => {
    const cluster = new DryRunCluster(mapping('web'));
    cluster.earlyVersions = ['v3alpha1'];
    cluster.forbidden.push(/x\.getambassador\.io/);
    const { mappings, routing } = await look(cluster);
    assert.deepEqual(names(mappings), ['shop/web']);
    assert.match(routing.notes.join(), /Could not look at AmbassadorMappings, AmbassadorTCPMappings/);
  });

  it('ends where not even the Mappings of ours may be seen', async () => {
    const cluster = new DryRunCluster();
    cluster.forbidden.push(/ Mapping/);
    await assert.rejects(look(cluster), { code: 'CLUSTER_FORBIDDEN' });
  });

  it('finds the Mappings of Emissary 2.0 as well, and the Emissary that reads them', async () => {
    const early = object('x.getambassador.io/v3alpha1', 'AmbassadorMapping', 'web', { service: 'web' });
    const cluster = new DryRunCluster(early);
    cluster.earlyVersions = ['v3alpha1'];
    cluster.mappingVersions = [];
    const { mappings, routing } = await look(cluster);
    assert.deepEqual(
      mappings.map(({ kind, apiVersion }) => `${apiVersion} ${kind}`),
      ['x.getambassador.io/v3alpha1 AmbassadorMapping'],
    );
    assert.deepEqual(routing.emissaries, [undefined]);
  });
});

describe('what is rarely needed to know of routes', () => {
  const asked = async (...objects: KubeObject[]) => {
    const cluster = new DryRunCluster(...objects);
    const { routing } = await look(cluster);
    return { asked: cluster.asked.join('\n'), routing };
  };

  it('is not asked for where no Mapping depends on it', async () => {
    const unrelated = mapping(
      'far',
      { service: 'other.edge', regex_headers: { a: 'b' }, resolver: 'mine' },
      'edge',
    );
    const { asked: questions } = await asked(mapping('web'), unrelated);
    assert.doesNotMatch(questions, /Host|Resolver|Deployment/);
  });

  it('is, for a Mapping without a host, which Hosts select it', async () => {
    const host = object(
      emissary,
      'Host',
      'www',
      { mappingSelector: { matchLabels: { host: 'www' } } },
      'edge',
    );
    const others = object(
      emissary,
      'Host',
      'theirs',
      { ...(host.spec as Spec), ambassador_id: ['b'] },
      'edge',
    );
    const plain = object(emissary, 'Host', 'plain', { hostname: '*' }, 'edge');
    const { routing } = await asked(mapping('web', { hostname: undefined }), host, others, plain);
    assert.deepEqual(routing.hostSelectors, [{ host: 'www' }]);
  });

  it('is, for a resolver, of which kind it is', async () => {
    const resolver = object(emissary, 'ConsulResolver', 'dc1', {}, 'edge');
    const { routing } = await asked(mapping('web', { resolver: 'dc1' }), resolver);
    assert.deepEqual([...(routing.resolvers ?? [])], [['dc1', 'ConsulResolver']]);
  });

  it("is, for what older versions get wrong, Emissary's version, as the images of what runs say", async () => {
    const workload = (kind: string, image: string, replicas?: number) =>
      object('apps/v1', kind, image.replace(/\W/g, '-'), {
        ...(replicas === undefined ? {} : { replicas }),
        template: { spec: { containers: [{ image: 'sidecar:9.9' }, { image }] } },
      });
    const { routing } = await asked(
      mapping('web', { regex_headers: { a: 'b' } }),
      workload('Deployment', 'docker.io/emissaryingress/emissary:3.9.1', 3),
      workload('DaemonSet', 'docker.io/datawire/aes:3.10.2'),
      workload('Deployment', 'docker.io/emissaryingress/emissary:1.14.4', 0),
      workload('Deployment', 'docker.io/ambassador/ambassador-agent:1.0.23', 1),
    );
    assert.deepEqual(routing.emissaries, [
      [3, 9],
      [3, 10],
    ]);
  });
});
