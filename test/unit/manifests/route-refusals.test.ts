import assert from 'node:assert/strict';
import { versionOfImage } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/emissary-version.ts';
import { findRoutes } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/find-routes.ts';
import { readAnnotation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-annotation.ts';
import {
  type Routing,
  unknownRouting,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

type Spec = Readonly<Record<string, unknown>>;

function mapping(spec: Spec = {}, name = 'web', namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace },
    spec: { hostname: '*', prefix: '/', service: 'web.shop', ...spec },
  };
}
function annotatedService(text: string, name = 'web'): KubeObject {
  const annotations = { 'getambassador.io/config': text };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', annotations } };
}
const annotations = (...parents: KubeObject[]) => ({
  annotations: parents.map(parent => ({ parent, reading: readAnnotation(parent) })),
});
const module = (config: Spec, spec: Spec = {}): KubeObject => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Module',
  metadata: { name: 'ambassador', namespace: 'emissary' },
  spec: { ...spec, config },
});
const web: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } };

function find(mappings: readonly KubeObject[], known: Partial<Routing> = {}) {
  const routing = { ...unknownRouting, ...known };
  const { routes, notes, errors } = findRoutes(mappings, [web], { workload: 'web', release: 'web', routing });
  return {
    twins: routes.map(({ twin }) => `${twin.metadata.namespace}/${twin.metadata.name}`),
    notes: notes.join('\n'),
    errors: errors.map(({ code, sentence }) => `${code} ${sentence}`).join('\n'),
  };
}
const flat = (fields: string) =>
  `apiVersion: getambassador.io/v2\nkind: Mapping\nname: web\nprefix: /\nservice: web\n${fields}`;

describe('a route is refused', () => {
  const rows: [what: string, found: ReturnType<typeof find>, refusal: RegExp][] = [
    [
      'where stable already has a weight, also of 0',
      find([mapping({ weight: 0 })]),
      /Mapping shop\/web already has a weight: .* found weight 0\. Remove `spec\.weight` from this Mapping/,
    ],
    [
      'where another canary is in the group, also one of another namespace',
      find([mapping(), mapping({ service: 'other', weight: 10 }, 'theirs', 'blog')]),
      /Mapping shop\/web is not alone in its group: .*found Mapping blog\/theirs\. Remove the other Mapping, or end the canary/,
    ],
    [
      'where the other one is in an annotation',
      find(
        [mapping()],
        annotations(annotatedService(flat('host: "*"\n').replace('name: web', 'name: other'))),
      ),
      /Mapping shop\/web is not alone in its group: .*found Mapping shop\/other \(annotation of Service shop\/web\)/,
    ],
    [
      'where an annotation has the same Mapping again',
      find([mapping({ prefix: '/a/' })], annotations(annotatedService(flat('')))),
      /Mapping shop\/web is not the only one of its name: .*Service that was copied with its annotation/,
    ],
    [
      'where a TCPMapping sends to the Service',
      find([mapping()], {
        tcpMappings: [{ ...mapping({ port: 6379 }, 'raw'), kind: 'TCPMapping' }],
      }),
      /TCPMapping shop\/raw sends raw connections to the Service: .*port 6379\. Give it a Service of its own/,
    ],
    [
      'where a TCPMapping in an annotation does',
      find([mapping()], annotations(annotatedService(flat('port: 1\n').replace('Mapping', 'TCPMapping')))),
      /TCPMapping shop\/web \(annotation of Service shop\/web\) sends raw connections/,
    ],
    [
      'where Consul resolves it, by the name that Emissary gives such a resolver',
      find([mapping({ resolver: 'consul' })]),
      /finds its Service by something else than Kubernetes: .*found resolver consul, a ConsulResolver\. Use `resolver: endpoint`/,
    ],
    [
      'where Consul resolves it, by any name',
      find([mapping({ resolver: 'dc1' })], { resolvers: new Map([['dc1', 'ConsulResolver']]) }),
      /found resolver dc1, a ConsulResolver/,
    ],
    [
      'where Consul resolves everything',
      find([mapping()], { modules: [module({ resolver: 'consul' })] }),
      /found resolver consul, a ConsulResolver/,
    ],
    [
      'where nobody can see what resolves it',
      find([mapping({ resolver: 'mine' })]),
      /found resolver mine, of a kind that can't be seen\. Let the service connection list/,
    ],
    [
      'for regex headers on an Emissary before 3.10',
      find([mapping({ regex_headers: { 'x-a': '.*' } })], { emissaries: [[3, 9]] }),
      /mixes up weighted Mappings with regex_headers: expected Emissary 3\.10 or newer, found Emissary 3\.9\. Upgrade Emissary/,
    ],
    [
      'for a header of v2 that only has to be there, which is a regex as well',
      find([{ ...mapping({ headers: { 'x-a': true } }), apiVersion: 'getambassador.io/v2' }], {
        emissaries: [[3, 9]],
      }),
      /with regex_headers/,
    ],
    [
      'for headers before 3.8, if one of several Emissaries is that old',
      find([mapping({ headers: { 'x-a': 'b' } })], { emissaries: [[4, 1], undefined, [3, 7]] }),
      /with headers: .*found Emissary 3\.7/,
    ],
    [
      'for query parameters before 3.2',
      find([mapping({ query_parameters: { a: 'b' } })], { emissaries: [[3, 1]] }),
      /with query_parameters: expected Emissary 3\.2/,
    ],
    [
      'where Module and Mapping both have labels',
      find([mapping({ labels: { ambassador: [{ all: ['remote_address'] }] } })], {
        modules: [module({ default_labels: { ambassador: { defaults: [] } } })],
      }),
      /has `labels`, and so has the Module of Emissary as default_labels/,
    ],
    [
      'whose stable part Emissary gives no route, as for a host that no request can have',
      find([mapping({ hostname: undefined, host: '*.example.com' })]),
      /can't be split: .*found host: "\*\.example\.com"/,
    ],
    [
      "where the Service's own annotation can't be read",
      find([mapping()], annotations(annotatedService('kind: [\n'))),
      /The annotation getambassador\.io\/config of Service shop\/web can't be read: expected YAML, found line \d/,
    ],
  ];
  for (const [what, found, refusal] of rows) {
    it(what, () => {
      assert.match(found.errors, refusal);
      assert.match(found.errors, /^ROUTE_NOT_SPLITTABLE /);
    });
  }

  it('for all that is wrong with it at once', () => {
    const { errors } = find([mapping({ weight: 5, resolver: 'consul' })]);
    assert.equal(errors.split('\n').length, 2);
  });
});

describe('a route is not refused', () => {
  const rows: [what: string, found: ReturnType<typeof find>][] = [
    ['for a mirror in the group', find([mapping(), mapping({ shadow: true }, 'mirror')])],
    [
      'for a Mapping that another Emissary reads',
      find([mapping(), mapping({ ambassador_id: ['inner'] }, 'inner-web')]),
    ],
    [
      'for a resolver of Kubernetes',
      find([mapping({ resolver: 'endpoint', load_balancer: { policy: 'maglev' } })]),
    ],
    [
      'for a resolver of Kubernetes by another name',
      find([mapping({ resolver: 'mine' })], { resolvers: new Map([['mine', 'KubernetesEndpointResolver']]) }),
    ],
    [
      'for a Module that another Emissary reads',
      find([mapping()], { modules: [module({ resolver: 'consul' }, { ambassador_id: ['inner'] })] }),
    ],
    [
      'for regex headers since 3.10',
      find([mapping({ regex_headers: { a: 'b' } })], { emissaries: [[3, 10]] }),
    ],
    ['for a TCPMapping of another Service', find([mapping()], { tcpMappings: [mapping({ service: 'db' })] })],
  ];
  for (const [what, { errors, twins, notes }] of rows) {
    it(what, () => {
      assert.equal(errors, '');
      assert.ok(twins.includes('shop/web-canary'));
      assert.equal(notes.includes('Emissary can'), false);
    });
  }

  it('for a group that only Hosts tell apart, where they can be seen', () => {
    const hostless = (name: string, host: string) => ({
      ...mapping({ hostname: undefined, service: name }, name),
      metadata: { name, namespace: 'shop', labels: { host } },
    });
    const both = [hostless('web', 'a'), hostless('other', 'b')];
    assert.match(find(both).errors, /not alone/);
    assert.equal(find(both, { hostSelectors: [{ host: 'a' }, { host: 'b' }] }).errors, '');
  });
});

describe('a route is told of', () => {
  it('where the version of Emissary decides and is not known', () => {
    for (const emissaries of [[], [undefined], [[4, 0], undefined]] as const) {
      const { notes, errors } = find([mapping({ regex_headers: { a: 'b' } })], { emissaries });
      assert.equal(errors, '');
      assert.match(
        notes,
        /Mapping shop\/web has regex_headers, and the version of Emissary can't be seen: before 3\.10/,
      );
    }
  });

  it('where Emissary would crash over it, drop it, or give it no requests', () => {
    const v1 = flat('').replace('getambassador.io/v2', 'ambassador/v1');
    assert.match(find([], annotations(annotatedService(v1))).notes, /of v1: Emissary 2 and later crash/);
    assert.match(
      find([mapping({ error_response_overrides: [{}] })]).notes,
      /Emissary 4 drops such a Mapping/,
    );
    assert.match(
      find([mapping({ hostname: undefined })], { hostSelectors: [{ a: 'b' }] }).notes,
      /has no hostname and no Host selects its labels/,
    );
  });

  it('where only an Emissary that does not run reads it', () => {
    const early = { ...mapping(), apiVersion: 'x.getambassador.io/v3alpha1', kind: 'AmbassadorMapping' };
    assert.deepEqual(find([early], { emissaries: [[2, 0]] }).twins, ['shop/web-canary']);
    const { twins, notes } = find([early], { emissaries: [[3, 9]] });
    assert.deepEqual(twins, []);
    assert.match(notes, /AmbassadorMapping shop\/web gets no canary: only Emissary 2\.0 reads/);
  });

  it('where Emissary ignores what the annotation of the Service says', () => {
    const v0 = flat('').replace('getambassador.io/v2', 'ambassador/v0');
    const { notes, twins } = find([mapping()], annotations(annotatedService(v0)));
    assert.match(
      notes,
      /Service shop\/web has what Emissary ignores, Mapping web: its apiVersion is ambassador\/v0/,
    );
    assert.deepEqual(twins, ['shop/web-canary']);
  });

  it("where another Service's annotation can't be read and names this one", () => {
    const broken = annotatedService('service: web\nkind: [\n', 'other');
    assert.match(
      find([mapping()], annotations(broken)).notes,
      /Service shop\/other can't be read .* gets no canary/,
    );
  });
});

describe("Emissary's version", () => {
  const rows: [image: string, version: readonly number[] | undefined][] = [
    ['docker.io/emissaryingress/emissary:3.9.1', [3, 9]],
    ['ghcr.io/emissary-ingress/emissary:4.1.0-rc.0', [4, 1]],
    ['localhost:5000/aes:v3.10.0', [3, 10]],
    ['docker.io/datawire/aes:2.5.1@sha256:0000000000000000', [2, 5]],
    ['emissary:2.0.0-ea', [2, 0]],
    ['emissary:latest', undefined],
    ['localhost:5000/emissary', undefined],
    ['emissary@sha256:39aa', undefined],
  ];
  for (const [image, version] of rows) {
    it(`of the image ${image} is ${version?.join('.') ?? 'not known'}`, () => {
      assert.deepEqual(versionOfImage(image), version);
    });
  }
});
