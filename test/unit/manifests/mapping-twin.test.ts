import assert from 'node:assert/strict';
import { findRoutes } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/find-routes.ts';
import {
  mappingTwin,
  serviceOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-twin.ts';
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

describe('the routes to a Service', () => {
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
