import assert from 'node:assert/strict';
import { findRoutes } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/find-routes.ts';
import { readAnnotation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-annotation.ts';
import {
  mappingTwin,
  serviceOf,
  stableServiceText,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-twin.ts';
import { unknownRouting } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function mapping(
  spec: Record<string, unknown>,
  name = 'web',
  labels: Record<string, string> = {},
): KubeObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'shop', labels },
    spec: { hostname: '*', prefix: '/', service: 'web', ...spec },
  };
}

const web: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } };
const found = (...mappings: KubeObject[]) => findRoutes(mappings, [web], { workload: 'web', release: 'web' });

describe('the Service behind a Mapping', () => {
  const rows: [service: string, expected: string | undefined][] = [
    ['web', 'shop/web'],
    ['web:8080', 'shop/web'],
    ['https://web:443', 'shop/web'],
    ['web.other', 'other/web'],
    ['web.other.svc', 'other/web'],
    ['http://web.other.svc.cluster.local:80', 'other/web'],
    ['api.example.com', undefined],
    ['[::1]:80', undefined],
  ];
  for (const [service, expected] of rows) {
    it(`of ${service} is ${expected ?? 'none'}`, () => {
      const target = serviceOf(mapping({ service }));
      assert.equal(target && `${target.namespace}/${target.name}`, expected);
    });
  }
});

describe('the twin of a Mapping (facts/emissary.md 1)', () => {
  const rows: [service: string, expected: string][] = [
    ['web', 'web-canary'],
    ['web:8080', 'web-canary:8080'],
    ['https://web.other.svc.cluster.local:443', 'https://web-canary.other.svc.cluster.local:443'],
    ['//web', '//web-canary'],
    ['https://https', 'https://https-canary'],
  ];
  for (const [service, expected] of rows) {
    it(`sends ${service} to ${expected}`, () => {
      assert.equal(valueAt(mappingTwin(mapping({ service }), 'web'), 'spec', 'service'), expected);
    });
  }

  it('keeps the whole spec and all labels, and changes name, service, weight and stats_name only', () => {
    const stable = mapping(
      {
        headers: { 'x-a': 'b' },
        connect_timeout_ms: 4000,
        rewrite: '',
        stats_name: 'shop',
        weird: { kept: 1 },
      },
      'www.shop',
      { host: 'a' },
    );
    assert.deepEqual(mappingTwin(stable, 'web'), {
      ...stable,
      metadata: {
        name: 'www-canary.shop',
        namespace: 'shop',
        labels: { host: 'a', 'ambassador-canary/release': 'web' },
      },
      spec: { ...(stable.spec as object), service: 'web-canary', weight: 0, stats_name: 'shop_canary' },
    });
  });
});

describe('the twin of a Mapping in an annotation (facts/emissary.md 6, 9)', () => {
  const stable = (fields: string) => {
    const head =
      'apiVersion: getambassador.io/v2\nkind: Mapping\nname: web_mapping\nprefix: /\nservice: web:80\n';
    const parent = {
      ...web,
      metadata: { ...web.metadata, annotations: { 'getambassador.io/config': head + fields } },
    };
    const [mapping] = readAnnotation(parent).objects;
    assert.ok(mapping);
    return mapping;
  };

  it('is an object of v3alpha1 that says the same', () => {
    const fields = [
      'tls: true',
      'headers: {x-a: true, x-b: c}',
      'labels: {ambassador: [{all: [remote_address, short]}]}',
      'cors: {origins: "a.example.com,b.example.com"}',
      'remove_request_headers: x-c',
      'ambassador_id: mine',
    ];
    const twin = mappingTwin(stable(fields.join('\n')), 'web');
    assert.match(twin.metadata.name, /^web-canary-web-mapping-[0-9a-f]{8}$/);
    assert.deepEqual(
      { ...twin, metadata: twin.metadata.labels },
      {
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        metadata: { 'ambassador-canary/release': 'web' },
        spec: {
          prefix: '/',
          hostname: '*',
          service: 'https://web-canary:80',
          headers: { 'x-b': 'c' },
          regex_headers: { 'x-a': '.*' },
          labels: {
            ambassador: [
              {
                all: [
                  { remote_address: { key: 'remote_address' } },
                  { generic_key: { value: 'short', v2Shorthand: true } },
                ],
              },
            ],
          },
          cors: { origins: ['a.example.com', 'b.example.com'], v2CommaSeparatedOrigins: true },
          remove_request_headers: ['x-c'],
          ambassador_id: ['mine'],
          weight: 0,
        },
      },
    );
  });

  it('points at stable, while it is proven, as the twin itself would', () => {
    assert.equal(stableServiceText(stable('tls: true')), 'https://web:80');
  });

  it('is as it stands there where the cluster only serves v2', () => {
    const twin = mappingTwin(stable('headers: {x-a: true}'), 'web', 'getambassador.io/v2');
    assert.equal(twin.apiVersion, 'getambassador.io/v2');
    assert.deepEqual(valueAt(twin, 'spec', 'headers'), { 'x-a': true });
  });

  it('can not be made where the cluster serves no version that can say it', () => {
    const newer = { ...stable(''), apiVersion: 'getambassador.io/v3alpha1' };
    assert.throws(() => mappingTwin(newer, 'web', 'getambassador.io/v2'), { code: 'ROUTE_NOT_SPLITTABLE' });
  });

  it('is gRPC where the stable Mapping says so', () => {
    const isGrpc = (spec: Record<string, unknown>) =>
      found(mapping(spec)).routes.map(route => route.isGrpc === true);
    assert.deepEqual(
      [isGrpc({ grpc: true }), isGrpc({ grpc: false }), isGrpc({})],
      [[true], [false], [false]],
    );
  });

  it('is refused where none can be made, and the other routes are found all the same', () => {
    const present = { ...mapping({ prefix: '/new/' }, 'annotated'), annotatedOn: stable('').annotatedOn };
    const reading = { objects: [present], ignored: [] };
    const routing = {
      ...unknownRouting,
      mappingVersion: 'getambassador.io/v2',
      annotations: [{ parent: web, reading }],
    };
    const old = { ...mapping({}), apiVersion: 'getambassador.io/v2' };
    const { routes, errors } = findRoutes([old], [web], { workload: 'web', release: 'web', routing });
    assert.match(
      errors.map(({ sentence }) => sentence).join(),
      /annotated .*can't get a twin: expected a Mapping of .*v2/,
    );
    assert.deepEqual(
      routes.map(route => route.stable.name),
      ['web'],
    );
  });

  it('makes a route whose stable is found again in the annotation', () => {
    const parent = stable('').annotatedOn;
    const reading = { objects: [stable('')], ignored: [] };
    const routing = { ...unknownRouting, annotations: [{ parent: web, reading }] };
    const { routes } = findRoutes([], [web], { workload: 'web', release: 'web', routing });
    const { position: _, ...annotatedOn } = parent;
    assert.deepEqual(
      routes.map(route => route.stable),
      [
        {
          apiVersion: 'getambassador.io/v2',
          kind: 'Mapping',
          name: 'web_mapping',
          namespace: 'shop',
          annotatedOn,
        },
      ],
    );
    assert.deepEqual(routes[0]?.statNames, [
      { stable: 'web_shop_80', canary: 'web_canary_shop_80' },
      { stable: 'web_80', canary: 'web_canary_80' },
    ]);
  });
});

describe('the routes to a Service', () => {
  it('know the Mappings that are not split and count under the same names: mirrors, and what leads to the canary', () => {
    const { routes } = found(
      mapping({}),
      mapping({ prefix: '/mirrored/', shadow: true }, 'mirror'),
      mapping({ service: 'web-canary', headers: { 'x-canary': 'always' } }, 'testers'),
      mapping({ prefix: '/db/', service: 'db' }, 'db'),
    );
    assert.deepEqual(
      routes.map(({ stable, alsoCounted }) => [stable.name, alsoCounted]),
      [['web', { stable: ['Mapping shop/mirror'], canary: ['Mapping shop/testers'] }]],
    );
    assert.deepEqual(
      found(mapping({}), mapping({ prefix: '/api/' }, 'api')).routes.map(({ alsoCounted }) => alsoCounted),
      [undefined, undefined],
    );
  });

  it('are all Mappings that send to it, each with the names that its metrics may have', () => {
    const { routes } = found(
      mapping({}),
      mapping({ prefix: '/api', service: 'web.shop:80' }, 'api'),
      mapping({ prefix: '/db/', service: 'db' }, 'db'),
    );
    assert.deepEqual(
      routes.map(({ stable, statNames }) => [stable.name, statNames]),
      [
        [
          'web',
          [
            { stable: 'web_shop', canary: 'web_canary_shop' },
            { stable: 'web', canary: 'web_canary' },
          ],
        ],
        ['api', [{ stable: 'web_shop_80', canary: 'web_canary_shop_80' }]],
      ],
    );
  });

  it('skip a Mapping that mirrors or redirects, and say so', () => {
    const { routes, notes } = found(
      mapping({}),
      mapping({ shadow: true }, 'mirror'),
      mapping({ prefix: '/away/', host_redirect: true }, 'away'),
    );
    assert.equal(routes.length, 1);
    assert.match(
      notes.join('\n'),
      /Mapping shop\/mirror gets no canary: it only mirrors[\s\S]*away gets no canary: it only redirects/,
    );
  });

  it('are refused where stable already has a weight', () => {
    assert.match(
      found(mapping({ weight: 90 })).errors[0]?.sentence ?? '',
      /Mapping shop\/web already has a weight: .*found weight 90/,
    );
  });

  it('are refused where another Mapping shares the group', () => {
    const { errors } = found(mapping({}), mapping({ service: 'web-b', weight: 10 }, 'web-b'));
    assert.match(errors[0]?.sentence ?? '', /is not alone in its group: .*found Mapping shop\/web-b/);
  });

  it('do not count the twin of an earlier run as another Mapping of the group', () => {
    const { routes, errors } = found(mapping({}), mappingTwin(mapping({}), 'web'));
    assert.deepEqual([routes.length, errors.length], [1, 0]);
  });
});
