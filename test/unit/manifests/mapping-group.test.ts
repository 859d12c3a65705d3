import assert from 'node:assert/strict';
import {
  compareForGrouping,
  compareMappings,
  groupKey,
  groupWeights,
  type HostSelectors,
  type MappingObject,
  qualifiedService,
  specAsV3alpha1,
  statName,
  trafficShares,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';

interface MappingParts {
  version?: 'v1' | 'v2' | 'v3alpha1';
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  spec?: Record<string, unknown>;
}

function mapping(parts: MappingParts): MappingObject {
  const { version = 'v3alpha1', name = 'app', namespace = 'shop', labels } = parts;
  return {
    apiVersion: `getambassador.io/${version}`,
    kind: 'Mapping',
    metadata: { name, namespace, ...(labels && { labels }) },
    spec: { prefix: '/app/', service: 'app', ...parts.spec },
  };
}

const star = { hostname: '*' };

describe('groupKey', () => {
  const rows: [
    fact: string,
    same: boolean,
    one: MappingParts,
    other: MappingParts,
    selectors?: HostSelectors,
  ][] = [
    [
      '2: service, weight, rewrite, timeouts, tls, resolver and namespace are not in the key',
      true,
      { spec: star },
      {
        namespace: 'other',
        spec: { ...star, service: 'b', weight: 3, rewrite: '', timeout_ms: 1, tls: 'x', resolver: 'y' },
      },
    ],
    ['2: /app and /app/ differ', false, { spec: { ...star, prefix: '/app' } }, { spec: star }],
    ['2: `*` and no host differ', false, { spec: star }, {}],
    ['2: APP.x and app.x differ', false, { spec: { hostname: 'APP.x' } }, { spec: { hostname: 'app.x' } }],
    ['2: `host` reads as `hostname`', true, { spec: { host: 'app.x' } }, { spec: { hostname: 'app.x' } }],
    [
      '2: an exact :authority header reads as host',
      true,
      { spec: { headers: { ':authority': 'app.x' } } },
      { spec: { hostname: 'app.x' } },
    ],
    [
      '6: hostname wins over host',
      true,
      { spec: { hostname: 'a.x', host: 'b.x' } },
      { spec: { hostname: 'a.x' } },
    ],
    [
      '2: headers are sorted by name',
      true,
      { spec: { headers: { b: '2', a: '1' } } },
      { spec: { headers: { a: '1', b: '2' } } },
    ],
    ['2: a header more differs', false, { spec: { headers: { a: '1' } } }, {}],
    ['2: the method counts', false, { spec: { method: 'GET' } }, {}],
    ['2: query parameters count', false, { spec: { query_parameters: { a: '1' } } }, {}],
    ['2: regex query parameters count', false, { spec: { regex_query_parameters: { a: '.*' } } }, {}],
    ['2: precedence 0 is none', true, { spec: { precedence: 0 } }, {}],
    ['2: another precedence counts', false, { spec: { precedence: 1 } }, {}],
    ['2: prefix_regex is not in the key', true, { spec: { prefix_regex: true } }, {}],
    [
      '2: without a host the labels that a Host selects by count',
      false,
      { labels: { host: 'a' } },
      { labels: { host: 'b' } },
      [{ host: 'a' }],
    ],
    [
      '2: other labels do not count',
      true,
      { labels: { host: 'a', team: 'x' } },
      { labels: { host: 'a', team: 'y' } },
      [{ host: 'a' }],
    ],
    [
      '2: with a host no label counts',
      true,
      { labels: { host: 'a' }, spec: star },
      { labels: { host: 'b' }, spec: star },
      [{ host: 'a' }],
    ],
    [
      '2: a host_regex Mapping counts as one without host',
      false,
      { labels: { host: 'a' }, spec: { host: '.*', host_regex: true } },
      { labels: { host: 'b' }, spec: { host: '.*', host_regex: true } },
      [{ host: 'a' }],
    ],
    ['6: v2 without host is v3alpha1 with `*`', true, { version: 'v2' }, { spec: star }],
    ['6: v2 without host is not v3alpha1 without hostname', false, { version: 'v2' }, {}],
    ['6: v1 host `*` is hostname `*`', true, { version: 'v1', spec: { host: '*' } }, { spec: star }],
    [
      '6: v2 host x is hostname x',
      true,
      { version: 'v2', spec: { host: 'a.x' } },
      { spec: { hostname: 'a.x' } },
    ],
    [
      '6: v2 host_regex is v3alpha1 host_regex',
      true,
      { version: 'v2', spec: { host: 'a.*', host_regex: true } },
      { spec: { host: 'a.*', host_regex: true } },
    ],
    [
      '6: v2 `x: true` is a regex header .*',
      true,
      { version: 'v2', spec: { headers: { x: true } } },
      { spec: { ...star, regex_headers: { x: '.*' } } },
    ],
    [
      '6: v2 boolean query parameter is a regex .*',
      true,
      { version: 'v2', spec: { query_parameters: { x: true } } },
      { spec: { ...star, regex_query_parameters: { x: '.*' } } },
    ],
    [
      '6: the marker of a v3alpha1 object seen as v2 is no host',
      true,
      { version: 'v2', spec: { host: '_skip_mapping_with_empty_host_' } },
      {},
    ],
  ];
  for (const [fact, same, one, other, selectors] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      const keys = [groupKey(mapping(one), selectors ?? []), groupKey(mapping(other), selectors ?? [])];
      assert.equal(keys[0] === keys[1], same, keys.join(' | '));
    });
  }
});

describe('compareMappings', () => {
  const rows: [fact: string, first: MappingParts, later: MappingParts][] = [
    ['3: app-canary.ns sorts before app.ns', { name: 'app-canary' }, { name: 'app' }],
    ['1: www-canary.shop sorts before www.shop', { name: 'www-canary.shop' }, { name: 'www.shop' }],
    ['3: upper case before lower case, by code point', { name: 'B' }, { name: 'a' }],
    ['11: the key ends in .1, so app.shop-2 comes before app.shop', { namespace: 'shop-2' }, {}],
    ['3: beyond the BMP code points decide, not UTF-16 units', { name: '\u{ffee}' }, { name: '\u{1f600}' }],
  ];
  for (const [fact, first, later] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      assert.ok(compareMappings(mapping(first), mapping(later)) < 0);
      assert.ok(compareMappings(mapping(later), mapping(first)) > 0);
    });
  }
});

describe('compareForGrouping', () => {
  const breakers = [{ max_connections: 10 }];
  const limits = { ambassador: [{ group: [{ generic_key: { value: 'app' } }] }] };
  const rows: [
    fact: string,
    differences: string[],
    stable: MappingParts,
    canary: MappingParts,
    HostSelectors?,
  ][] = [
    ['1: a whole copy groups', [], { spec: star }, { spec: { ...star, service: 'app-canary', weight: 5 } }],
    ['2: a canary without the hostname is in another group', ['hostname'], { spec: star }, {}],
    ['2: another prefix', ['prefix'], { spec: star }, { spec: { ...star, prefix: '/app' } }],
    [
      '3: a canary that sorts first and lacks connect_timeout_ms has the stable refused',
      ['connect_timeout_ms'],
      { spec: { ...star, connect_timeout_ms: 500 } },
      { spec: star },
    ],
    [
      '3: a canary that sorts later may lack it',
      [],
      { spec: { ...star, connect_timeout_ms: 500 } },
      { name: 'zapp', spec: star },
    ],
    [
      '3: a canary that sorts later may not have what the first lacks',
      ['keepalive'],
      { spec: star },
      { name: 'zapp', spec: { ...star, keepalive: {} } },
    ],
    [
      '3: a canary that sorts first may have more than the stable',
      [],
      { spec: star },
      { spec: { ...star, cluster_idle_timeout_ms: 1 } },
    ],
    [
      '3: circuit_breakers must match when the first lacks them',
      ['circuit_breakers'],
      { spec: { ...star, circuit_breakers: breakers } },
      { spec: star },
    ],
    [
      '3: circuit_breakers must match when the later lacks them, too',
      ['circuit_breakers'],
      { spec: star },
      { spec: { ...star, circuit_breakers: breakers } },
    ],
    [
      '3: an empty list of circuit_breakers is none',
      [],
      { spec: { ...star, circuit_breakers: [] } },
      { spec: star },
    ],
    [
      '3: every core field with another value is named',
      [
        'bypass_auth',
        'cluster_idle_timeout_ms',
        'cluster_max_connection_lifetime_ms',
        'keepalive',
        'labels',
        'load_balancer',
        'prefix_regex',
        'prefix_exact',
      ],
      {
        spec: {
          ...star,
          bypass_auth: true,
          cluster_idle_timeout_ms: 1,
          cluster_max_connection_lifetime_ms: 1,
          keepalive: { probes: 1 },
          labels: limits,
          load_balancer: { policy: 'round_robin' },
          prefix_regex: true,
          prefix_exact: true,
        },
      },
      { spec: star },
    ],
    [
      '3: prefix_exact false is not the same as absent',
      ['prefix_exact'],
      { spec: { ...star, prefix_exact: false } },
      { spec: star },
    ],
    [
      '3: headers with one text but another regex flag are core',
      ['headers'],
      { spec: { ...star, headers: { x: 'a' } } },
      { spec: { ...star, regex_headers: { x: 'a' } } },
    ],
    [
      '3: rewrite, retries, cors and timeouts do not keep them apart',
      [],
      { spec: { ...star, rewrite: '', retry_policy: { retry_on: '5xx' }, cors: {}, timeout_ms: 1 } },
      { spec: star },
    ],
    [
      '6: a short v2 label is not the typed one',
      ['labels'],
      { version: 'v2', spec: { labels: { ambassador: [{ group: ['app'] }] } } },
      { spec: { ...star, labels: limits } },
    ],
    [
      '6: v2 and v3alpha1 group where the host converts to the same text',
      [],
      { version: 'v2', spec: { tls: true } },
      { spec: { ...star, service: 'https://app-canary' } },
    ],
    [
      '5: a.b and a.b-canary share a cache key',
      ['metadata.name'],
      { name: 'www.shop', spec: star },
      { name: 'www.shop-canary', spec: star },
    ],
    [
      '8: another ambassador_id is invisible',
      ['ambassador_id'],
      { spec: { ...star, ambassador_id: ['default', 'b'] } },
      { spec: star },
    ],
    [
      '4: a shadow is not weighted against anything',
      ['shadow'],
      { spec: { ...star, shadow: true } },
      { spec: { ...star, shadow: true } },
    ],
    [
      '4: host_redirect must not share a group',
      ['host_redirect'],
      { spec: { ...star, host_redirect: true } },
      { spec: star },
    ],
    ['6: `*` in an exact host is an error', ['host'], { spec: { host: '*.x' } }, { spec: { host: '*.x' } }],
    [
      '2: without a host and without knowing the Hosts, every label of the stable must be there',
      ['metadata.labels'],
      { labels: { team: 'x' } },
      {},
    ],
    [
      '2: labels of the canary alone do not count then',
      [],
      { labels: { team: 'x' } },
      { labels: { team: 'x', release: '1' } },
    ],
    [
      '2: with the Hosts known only the selected labels count',
      [],
      { labels: { team: 'x', host: 'a' } },
      { labels: { host: 'a' } },
      [{ host: 'a' }],
    ],
  ];
  for (const [fact, fields, stable, canary, selectors] of rows) {
    it(`facts/emissary.md ${fact}`, () => {
      const result = compareForGrouping(
        mapping(stable),
        mapping({ name: 'app-canary', ...canary }),
        selectors,
      );
      assert.deepEqual(result.grouped ? [] : result.differences.map(({ field }) => field), fields);
      assert.equal(result.grouped, fields.length === 0);
    });
  }

  it('gives the values of both, whichever sorts first', () => {
    const stable = mapping({ spec: { ...star, connect_timeout_ms: 500 } });
    for (const name of ['app-canary', 'zapp']) {
      const canary = mapping({ name, spec: { ...star, connect_timeout_ms: 600 } });
      assert.deepEqual(compareForGrouping(stable, canary), {
        grouped: false,
        differences: [{ field: 'connect_timeout_ms', stable: 500, canary: 600 }],
      });
    }
  });
});

describe('groupWeights', () => {
  type Row = [
    fact: string,
    weights: (number | undefined)[],
    sums: number[],
    shares: number[],
    error?: RegExp,
  ];
  const none = undefined;
  const rows: Row[] = [
    ['one Mapping alone has 100', [none], [100], [100]],
    ['one Mapping alone has 100 at weight 10', [10], [100], [100]],
    ['one Mapping alone has 100 even at weight 0', [0], [100], [100]],
    ['weighted first, the rest to the unweighted', [10, none], [10, 100], [10, 90]],
    ['0 gives nothing', [0, none], [0, 100], [0, 100]],
    ['100 gives everything and no error', [100, none], [100, 100], [100, 0]],
    ['two unweighted share equally', [20, none, none], [20, 60, 100], [20, 40, 40]],
    ['the last unweighted takes the remainder', [none, none, none], [33, 66, 100], [33, 33, 34]],
    ['rounded half to even, as Python does', [75, none, none], [75, 87, 100], [75, 12, 13]],
    ['all weighted below 100 is not scaled', [10, 50], [10, 60], [10, 50]],
    ['60 + 60 + unweighted gives 60/40/0', [60, 60, none], [60, 120, 0], [60, 40, 0], /exceeds 100/],
    ['canary 10 before stable 100 gives 10/90', [10, 100], [10, 110], [10, 90], /exceeds 100/],
    ['over 100 on the first leaves nothing for anybody', [101, none], [0, 0], [0, 0], /invalid weight 101/],
    ['over 100 on the later leaves the first its share', [10, 101], [10, 0], [10, 0], /invalid weight 101/],
    ['a negative weight goes through to Envoy', [-5, none], [-5, 100], [0, 100]],
  ];
  for (const [fact, weights, sums, shares, error] of rows) {
    it(`facts/emissary.md 4: ${fact}`, () => {
      const declared = weights.map((weight, i) => ({
        name: `m${i}`,
        ...(weight === undefined ? {} : { weight }),
      }));
      const result = groupWeights(declared);
      assert.deepEqual(result.sums, sums);
      assert.deepEqual(trafficShares(result.sums), shares);
      if (error === undefined) assert.equal(result.error, undefined);
      else assert.match(result.error ?? '', error);
    });
  }

  it('facts/emissary.md 4: weighted Mappings are tried before unweighted ones, wherever they sort', () => {
    const { order, sums } = groupWeights([{ name: 'app' }, { name: 'zcanary', weight: 30 }]);
    assert.deepEqual({ order, sums }, { order: [1, 0], sums: [30, 100] });
  });
});

describe('statName and qualifiedService', () => {
  const scope = { namespace: 'ns', emissaryNamespace: 'emissary' };
  const rows: [fact: string, service: string, name: string, more?: object][] = [
    ['app-canary.ns:80 gives app_canary_ns_80', 'app-canary.ns:80', 'app_canary_ns_80'],
    ['app-canary in ns gives app_canary_ns', 'app-canary', 'app_canary_ns'],
    ['https://app.ns:443 gives app_ns_443', 'https://app.ns:443', 'app_ns_443'],
    ['a port alone does not qualify', 'app:8080', 'app_ns_8080'],
    ['in Emissary’s own namespace nothing is appended', 'app', 'app', { namespace: 'emissary' }],
    ['with the Consul resolver nothing is appended', 'app', 'app', { consul: true }],
    ['with use_ambassador_namespace nothing is appended', 'app', 'app', { useEmissaryNamespace: true }],
    ['scheme and namespace', 'http://app', 'app_ns'],
    ['a host of IPv6 is qualified', '[::1]:80', '___1__80'],
    ['localhost is qualified', 'localhost:80', 'localhost_80'],
    ['the host comes out in lower case', 'App', 'app_ns'],
  ];
  for (const [fact, service, name, more] of rows) {
    it(`facts/emissary.md 10: ${fact}`, () => {
      assert.equal(statName(service, undefined, { ...scope, ...more }), name);
    });
  }

  it('facts/emissary.md 10: stats_name is taken as it is', () => {
    assert.equal(statName('app', 'my.name', scope), 'my.name');
  });

  it('keeps scheme and port of the service, drops a path and leaves what is no service', () => {
    assert.equal(qualifiedService('HTTPS://app:8443/x', scope), 'https://app.ns:8443');
    assert.equal(qualifiedService('app:99999', scope), 'app:99999');
    assert.equal(qualifiedService('', scope), '');
  });
});

describe('specAsV3alpha1', () => {
  it('facts/emissary.md 6: converts every row of the table', () => {
    const spec = specAsV3alpha1({
      ...mapping({ version: 'v2' }),
      spec: {
        prefix: '/',
        service: 'http://app',
        host: 'a.x',
        ambassador_id: 'b',
        tls: true,
        headers: { x: true, y: 'z', n: false },
        query_parameters: { q: true },
        add_request_headers: { h: 'v', i: { value: 'w', append: false } },
        labels: { d: [{ g: ['remote_address', 'short', { generic_key: 'g' }, { k: { header: 'X-K' } }] }] },
        v3StatsName: 's',
        v3health_checks: [{}],
      },
    });
    assert.deepEqual(spec, {
      prefix: '/',
      service: 'https://app',
      hostname: 'a.x',
      ambassador_id: ['b'],
      headers: { y: 'z' },
      regex_headers: { x: '.*' },
      regex_query_parameters: { q: '.*' },
      add_request_headers: {
        h: { value: 'v', v2Representation: 'string' },
        i: { value: 'w', append: false },
      },
      labels: {
        d: [
          {
            g: [
              { remote_address: { key: 'remote_address' } },
              { generic_key: { value: 'short', v2Shorthand: true } },
              { generic_key: { value: 'g' } },
              { request_headers: { key: 'k', header_name: 'X-K' } },
            ],
          },
        ],
      },
      stats_name: 's',
      health_checks: [{}],
    });
  });

  it('leaves a v3alpha1 spec alone', () => {
    const { spec } = mapping({ spec: { headers: { x: 'y' } } });
    assert.equal(specAsV3alpha1({ ...mapping({}), spec }), spec);
  });
});
