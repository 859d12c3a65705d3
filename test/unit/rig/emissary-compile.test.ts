import assert from 'node:assert/strict';
import { annotatedMappings } from '../../../rig/emissary/all-mappings.ts';
import { type Compiled, compile } from '../../../rig/emissary/compile.ts';
import type { HostObject } from '../../../rig/emissary/model.ts';
import {
  type MappingObject,
  trafficShares,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';

type Spec = Record<string, unknown>;

function mapping(
  name: string,
  spec: Spec = {},
  more: Partial<MappingObject['metadata']> = {},
): MappingObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'shop', ...more },
    spec: { prefix: '/app/', hostname: '*', service: name, ...spec },
  };
}

function annotated(name: string, text: string): object {
  const annotations = { 'getambassador.io/config': text };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', annotations } };
}

function host(name: string, spec: NonNullable<HostObject['spec']>): HostObject {
  return { metadata: { name, namespace: 'emissary' }, spec };
}

const options = { ambassadorId: 'default', emissaryNamespace: 'emissary' };

/** The routes of all virtual hosts in short: `cluster running-sum`. */
function routesOf({ virtualHosts }: Compiled): string[] {
  return virtualHosts
    .flatMap(({ routes }) => routes)
    .map(route => {
      const { match, route: action } = route as {
        match: { runtime_fraction: { default_value: { numerator: number } } };
        route?: { cluster: string };
      };
      return `${action?.cluster ?? 'redirect'} ${match.runtime_fraction.default_value.numerator}`;
    });
}

function shares(compiled: Compiled): number[] {
  return trafficShares(routesOf(compiled).map(route => Number(route.split(' ')[1])));
}

const stable = mapping('app');
const canary = (spec: Spec = {}, name = 'app-canary') => mapping(name, { weight: 10, ...spec });
const app = 'cluster_app_shop_shop';
const appCanary = 'cluster_app_canary_shop_shop';

describe('compile, where Emissary is right', () => {
  const rows: [fact: string, mappings: MappingObject[], routes: string[]][] = [
    ['4: canary first with its sum, stable with 100', [stable, canary()], [`${appCanary} 10`, `${app} 100`]],
    [
      '9: an annotated Mapping goes by its Service, so a twin named after that is first; both are one group',
      [
        ...annotatedMappings([
          annotated(
            'app',
            'apiVersion: ambassador/v2\nkind: Mapping\nname: a_b\nprefix: /app/\nservice: app',
          ),
        ]),
        canary({ service: 'app-canary' }, 'app-canary-a-b'),
      ],
      [`${appCanary} 10`, `${app} 100`],
    ],
    ['4: weight 0 gives nothing', [stable, canary({ weight: 0 })], [`${appCanary} 0`, `${app} 100`]],
    ['4: 100 gives everything', [stable, canary({ weight: 100 })], [`${appCanary} 100`, `${app} 100`]],
    [
      '4: the weighted Mapping is tried first although it sorts last',
      [stable, canary({}, 'zapp')],
      ['cluster_zapp_shop_shop 10', `${app} 100`],
    ],
    ['8: another ambassador_id is invisible', [stable, canary({ ambassador_id: ['b'] })], [`${app} 100`]],
    [
      '2: namespace does not count, so Mappings of two namespaces share a group',
      [stable, mapping('app-canary', { weight: 10 }, { namespace: 'other' })],
      ['cluster_app_canary_other_other 10', `${app} 100`],
    ],
    [
      '2: a longer prefix is tried first',
      [mapping('root', { prefix: '/' }), stable],
      [`${app} 100`, 'cluster_root_shop_shop 100'],
    ],
    [
      '2: headers make a group of their own, tried before the one without',
      [stable, mapping('beta', { headers: { 'x-beta': '1' } })],
      ['cluster_beta_shop_shop 100', `${app} 100`],
    ],
    [
      '10: a service with namespace and port names its cluster',
      [mapping('m', { service: 'https://app.ns:8443' })],
      ['cluster_https___app_ns_8443_otls_shop 100'],
    ],
  ];
  for (const [fact, mappings, routes] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      const compiled = compile({ mappings, hosts: [] }, options);
      assert.deepEqual(routesOf(compiled), routes);
      assert.deepEqual(compiled.model.errors, []);
    });
  }
});

describe('compile, wrong where Emissary is wrong', () => {
  const rows: [fact: string, mappings: MappingObject[], routes: string[], errors: [string, RegExp][]][] = [
    [
      '9: of a Mapping that a copied annotation defines again, one is lost',
      annotatedMappings(
        ['app', 'app-canary'].map(name =>
          annotated(
            name,
            `apiVersion: ambassador/v2\nkind: Mapping\nname: app\nprefix: /app/\nservice: ${name}`,
          ),
        ),
      ),
      [`${app} 100`],
      [['app.shop.1', /app\.shop\.1 defines Mapping app, which is already defined by app-canary\.shop\.1/]],
    ],
    [
      '2: a canary without the stable’s hostname gets no traffic, and no error',
      [stable, canary({ hostname: undefined })],
      [`${app} 100`],
      [],
    ],
    [
      '3: a canary without the stable’s connect_timeout_ms takes everything; the stable is refused under the canary’s key',
      [mapping('app', { connect_timeout_ms: 500 }), canary()],
      [`${appCanary} 100`],
      [
        [
          'app-canary.shop.1',
          /cannot accept new mapping app with mismatched connect_timeout_ms: 500 != -unset-/,
        ],
      ],
    ],
    [
      '3: a canary that sorts later is refused itself',
      [stable, canary({ connect_timeout_ms: 500 }, 'zapp')],
      [`${app} 100`],
      [['app.shop.1', /cannot accept new mapping zapp/]],
    ],
    [
      '4: a canary Mapping alone takes 100 % even at weight 0',
      [canary({ weight: 0 })],
      [`${appCanary} 100`],
      [],
    ],
    [
      '4: a weight over 100 on the canary leaves nobody anything',
      [stable, canary({ weight: 101 })],
      [`${appCanary} 0`, `${app} 0`],
      [
        ['app-canary.shop.1', /invalid weight 101/],
        ['app-canary.shop.1', /ignoring/],
      ],
    ],
    [
      '4: all weighted with a sum below 100 leaves the rest without a route',
      [mapping('app', { weight: 50 }), canary()],
      [`${appCanary} 10`, `${app} 60`],
      [],
    ],
    [
      '4: a weighted stable of 100 is left 90, with an error',
      [mapping('app', { weight: 100 }), canary()],
      [`${appCanary} 10`, `${app} 110`],
      [
        ['app-canary.shop.1', /exceeds 100/],
        ['app-canary.shop.1', /ignoring/],
      ],
    ],
    [
      '4: a negative weight is handed to Envoy',
      [stable, canary({ weight: -5 })],
      [`${appCanary} -5`, `${app} 100`],
      [],
    ],
    [
      '5: a.b and a.b-canary share a cache key: the stable is dropped without an error',
      [mapping('a.b', { service: 'app' }), canary({ service: 'app-canary' }, 'a.b-canary')],
      [`${appCanary} 100`],
      [],
    ],
    [
      '5: error_response_overrides drop the whole Mapping',
      [stable, canary({ error_response_overrides: [{}] })],
      [`${app} 100`],
      [['app-canary.shop.1', /not supported/]],
    ],
    [
      '6: a host with a * is an error and no route',
      [mapping('app', { hostname: undefined, host: '*.x' })],
      [],
      [['app.shop.1', /cannot match anything/]],
    ],
    [
      '12: load_balancer without the endpoint resolver drops the Mapping',
      [stable, canary({ load_balancer: { policy: 'round_robin' } })],
      [`${app} 100`],
      [['app-canary.shop.1', /No load_balancer setting is allowed/]],
    ],
    [
      '12: an unknown TLSContext gives an error and plain HTTP',
      [mapping('app', { tls: 'upstream' })],
      [`${app} 100`],
      [['app.shop.1', /Originate-TLS context upstream is not defined/]],
    ],
    [
      '4: host_redirect must not share a group with normal Mappings',
      [stable, canary({ host_redirect: true }, 'zapp')],
      [`${app} 100`],
      [['app.shop.1', /cannot accept zapp with host_redirect/]],
    ],
  ];
  for (const [fact, mappings, routes, errors] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      const compiled = compile({ mappings, hosts: [] }, options);
      assert.deepEqual(routesOf(compiled), routes);
      assert.equal(compiled.model.errors.length, errors.length, JSON.stringify(compiled.model.errors));
      for (const [index, [key, text]] of errors.entries()) {
        assert.equal(compiled.model.errors[index]?.[0], key);
        assert.match(compiled.model.errors[index]?.[1] ?? '', text);
      }
    });
  }

  it('facts/emissary.md 4: stable 100 and canary 10 give 90 and 10', () => {
    const mappings = [mapping('app', { weight: 100 }), canary()];
    assert.deepEqual(shares(compile({ mappings, hosts: [] }, options)), [10, 90]);
  });
});

describe('compile, Hosts', () => {
  const shop = host('shop', { hostname: 'shop.x', mappingSelector: { matchLabels: { host: 'shop' } } });
  const labelled = { labels: { host: 'shop' } };
  const noHostname = { hostname: undefined };
  const rows: [
    fact: string,
    hosts: HostObject[],
    mappings: MappingObject[],
    domains: Record<string, string[]>,
  ][] = [
    ['8: with no Host at all a default one for *', [], [stable], { '*': [`${app} 100`] }],
    [
      '8: the hostname must match the Host',
      [host('a', { hostname: 'a.x' })],
      [mapping('app', { hostname: 'a.x' }), mapping('b', { hostname: 'b.x' })],
      { 'a.x': [`${app} 100`] },
    ],
    [
      '8: a hostname * is on every Host',
      [host('a', { hostname: 'a.x' }), host('b', { hostname: '*.b.x' })],
      [stable],
      { '*.b.x': [`${app} 100`], 'a.x': [`${app} 100`] },
    ],
    [
      '8: without a hostname only a mappingSelector attaches',
      [host('a', {})],
      [mapping('app', noHostname)],
      { '*': [] },
    ],
    [
      '8: a matching selector does',
      [shop],
      [mapping('app', noHostname, labelled)],
      { 'shop.x': [`${app} 100`] },
    ],
    [
      '8: both must match when both are given',
      [shop],
      [mapping('app', { hostname: 'shop.x' }), mapping('b', { hostname: 'other.x' }, labelled)],
      { 'shop.x': [] },
    ],
    [
      '8: a Host of another Emissary does not count',
      [host('a', { hostname: 'a.x', ambassador_id: ['b'] })],
      [stable],
      { '*': [`${app} 100`] },
    ],
    [
      '6: a host_regex Mapping works on every Host',
      [host('a', { hostname: 'a.x' })],
      [mapping('app', { hostname: undefined, host: '.*', host_regex: true })],
      { 'a.x': [`${app} 100`] },
    ],
    [
      '2: labels that no Host selects by do not split a group',
      [shop],
      [
        mapping('app', noHostname, { labels: { host: 'shop', team: 'a' } }),
        mapping('app-canary', { ...noHostname, weight: 10 }, { labels: { host: 'shop', team: 'b' } }),
      ],
      { 'shop.x': [`${appCanary} 10`, `${app} 100`] },
    ],
  ];
  for (const [fact, hosts, mappings, domains] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      const { virtualHosts } = compile({ mappings, hosts }, options);
      const found = virtualHosts.map(({ domains: [domain], routes }) => [
        domain,
        routesOf({
          model: { groups: [], clusters: new Map(), errors: [], emissaryNamespace: '' },
          virtualHosts: [{ name: '', domains: [], routes }],
        }),
      ]);
      assert.deepEqual(Object.fromEntries(found), domains);
    });
  }
});

describe('compile, what a route does', () => {
  type Route = { match: Spec; route: Spec; request_headers_to_add?: unknown[] };
  const routes = (...mappings: MappingObject[]) =>
    (compile({ mappings, hosts: [] }, options).virtualHosts[0]?.routes ?? []) as unknown as Route[];

  it('facts/emissary.md 3: rewrite defaults to /, and an empty one leaves the path alone', () => {
    assert.equal(routes(stable)[0]?.route.prefix_rewrite, '/');
    assert.equal('prefix_rewrite' in (routes(mapping('app', { rewrite: '' }))[0]?.route ?? {}), false);
  });

  it('gives a request 3 s, a Mapping’s own time where it has one, and no retry', () => {
    const [first, second] = routes(stable, canary({ timeout_ms: 500 }));
    assert.equal(first?.route.timeout, '0.500s');
    assert.equal(second?.route.timeout, '3.000s');
    assert.equal(second?.route.retry_policy, undefined);
  });

  it('facts/emissary.md 3: a retry policy and headers of one Mapping act on all of the group', () => {
    const own = { retry_policy: { retry_on: '5xx' }, add_request_headers: { 'x-a': { value: '1' } } };
    for (const route of routes(stable, canary(own))) {
      assert.deepEqual(route.route.retry_policy, { retry_on: '5xx' });
      assert.equal(route.request_headers_to_add?.length, 1);
    }
  });

  it('facts/emissary.md 3: regex_rewrite only on the canary is lost, only on the stable it applies to both', () => {
    const regex_rewrite = { pattern: '/a', substitution: '/b' };
    for (const { route } of routes(stable, canary({ regex_rewrite })))
      assert.equal(route.regex_rewrite, undefined);
    for (const { route } of routes(mapping('app', { regex_rewrite }), canary()))
      assert.ok(route.regex_rewrite);
  });

  it('matches a prefix as regex or whole where the Mapping says so, and header and host as text or regex', () => {
    const [regex] = routes(mapping('app', { prefix: '/a.*', prefix_regex: true, hostname: '*.x' }));
    assert.deepEqual(regex?.match.safe_regex, { regex: '/a.*' });
    assert.deepEqual(regex?.match.headers, [{ name: ':authority', string_match: { suffix: '.x' } }]);
    const [exact] = routes(mapping('app', { prefix_exact: true, regex_headers: { x: 'a+' }, method: 'PUT' }));
    assert.equal(exact?.match.path, '/app/');
    assert.deepEqual(exact?.match.headers, [
      { name: 'x', string_match: { safe_regex: { regex: 'a+' } } },
      { name: ':method', string_match: { exact: 'PUT' } },
    ]);
  });

  it('facts/emissary.md 4: a shadow’s weight is the percentage mirrored', () => {
    const [route] = routes(stable, mapping('zshadow', { shadow: true, weight: 20 }));
    assert.deepEqual(route?.route.request_mirror_policies, [
      {
        cluster: 'cluster_shadow_zshadow_shop_shop',
        runtime_fraction: { default_value: { numerator: 20, denominator: 'HUNDRED' } },
      },
    ]);
  });

  it('facts/emissary.md 10: Mappings with one service share the cluster, and the first names the statistics', () => {
    const { clusters } = compile(
      {
        mappings: [
          mapping('a', { service: 'app', stats_name: 'first' }),
          mapping('b', { service: 'app', prefix: '/b/' }),
        ],
        hosts: [],
      },
      options,
    ).model;
    assert.deepEqual(
      [...clusters.values()].map(({ name, statName }) => [name, statName]),
      [[app, 'first']],
    );
  });

  it('facts/emissary.md 10: a cluster name over 60 characters is cut to 40 plus a digest', () => {
    const [route] = routes(
      mapping('app', { service: 'a-service-with-quite-a-long-name.and-a-long-namespace:8080' }),
    );
    const cluster = String(route?.route.cluster);
    assert.match(cluster, /^cluster_a_service_with_quite_a_long_name-[0-9A-F]{16}-0$/);
    assert.ok(cluster.length <= 60);
  });
});

describe('a Mapping of v1 in an annotation', () => {
  it('facts/emissary.md 5: brings Emissary down', () => {
    const text = 'apiVersion: ambassador/v1\nkind: Mapping\nname: app\nprefix: /\nservice: app';
    assert.throws(() => annotatedMappings([annotated('app', text)]), /panic/);
  });
});
