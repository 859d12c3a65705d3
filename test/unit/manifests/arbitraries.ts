import fc from 'fast-check';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

export const namespace = 'shop';

/** The versions of Mappings that a cluster may serve. */
export type MappingVersion = 'v1' | 'v2' | 'v3alpha1';

/** An app as its repository holds it, with all that is about it. */
export interface App {
  readonly deployment: KubeObject;
  /** Services that select its pods, and some that do not. */
  readonly services: readonly KubeObject[];
  readonly mappings: readonly KubeObject[];
  readonly others: readonly KubeObject[];
}

/** One to three apps of a repository, and perhaps a Service with a Mapping that all of them answer. */
export interface Repository {
  readonly apps: readonly App[];
  readonly shared: readonly KubeObject[];
  readonly objects: readonly KubeObject[];
}

type Json = Record<string, unknown>;

const word = fc.stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/);
/** Short names, names with dashes at any place, and names up to the limit. */
const labelNames = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z][-a-z0-9]{44,61}[a-z0-9]$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{44}-{5,10}[a-z]{3,8}$/) },
);
const labelValues = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,12}[A-Za-z0-9])?$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9][-A-Za-z0-9_.]{44,61}[A-Za-z0-9]$/) },
  { weight: 1, arbitrary: fc.constantFrom('', 'true', '1.0') },
);
const labelKeys = fc.constantFrom(
  'app',
  'app.kubernetes.io/name',
  'tier',
  'version',
  'example.com/team',
  'track',
);
const labels = fc.dictionary(labelKeys, labelValues, { maxKeys: 3 });

function named(apiVersion: string, kind: string, name: string, rest: Json, extra: Json = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace, ...extra }, ...rest };
}

const maybe = <T>(field: string, value: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.option(value, { nil: undefined }).map(found => (found === undefined ? {} : { [field]: found }));

const fields = (...parts: readonly fc.Arbitrary<Json>[]): fc.Arbitrary<Json> =>
  fc.tuple(...parts).map(found => Object.assign({}, ...found));

/** A selector that picks these labels, in one of the ways to write it. */
function selectors(own: Readonly<Record<string, string>>): fc.Arbitrary<Json> {
  const entries = Object.entries(own);
  const expression = ([key, value]: readonly [string, string]) =>
    fc.constantFrom(
      { key, operator: 'In', values: [value] },
      { key, operator: 'In', values: [value, 'another'] },
      { key, operator: 'NotIn', values: ['never'] },
      { key, operator: 'Exists' },
    );
  const absent = { key: 'example.com/none', operator: 'DoesNotExist' };
  const [first] = entries;
  const byValue = first === undefined ? [] : [first];
  const picked = fc.subarray(entries).map(some => Object.fromEntries([...byValue, ...some]));
  return fc.oneof(
    picked.map(matchLabels => ({ matchLabels })),
    fc
      .tuple(picked, fc.tuple(...entries.map(expression)))
      .map(([matchLabels, all]) => ({ matchLabels, matchExpressions: [...all, absent] })),
    fc.constant({
      matchExpressions: byValue.map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    }),
  );
}

/** What all apps have in common. */
const part = { 'app.kubernetes.io/part-of': 'shop' };

function podLabels(app: string): fc.Arbitrary<Record<string, string>> {
  return fc.tuple(labels, fc.constantFrom('app', 'app.kubernetes.io/name')).map(([more, key]) => {
    const { [key]: _, ...rest } = more;
    return { [key]: app, ...rest, ...part };
  });
}

const strategies = fc.constantFrom<Json>(
  {},
  { strategy: { type: 'Recreate' } },
  { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
  { strategy: { rollingUpdate: { maxUnavailable: '100%' } } },
);

function placements(own: Readonly<Record<string, string>>): fc.Arbitrary<Json> {
  const labelSelector = { matchLabels: own };
  return fc.constantFrom<Json>(
    {},
    {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    },
    {
      topologySpreadConstraints: [
        { labelSelector, maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
  );
}

function deployments(name: string, own: Readonly<Record<string, string>>): fc.Arbitrary<KubeObject> {
  const container = fields(
    maybe('env', fc.constant([{ name: 'COLOUR', value: 'blue' }])),
    maybe('ports', fc.constant([{ name: 'http', containerPort: 8080 }])),
    maybe('envFrom', fc.constant([{ configMapRef: { name: `${name}-settings`, optional: true } }])),
  ).map(rest => ({ name: 'app', image: 'registry.example.com:5000/app:1', ...rest }));
  const sidecar = { name: 'proxy', image: 'proxy@sha256:0123' };
  return fc
    .record({
      container,
      volumes: maybe(
        'volumes',
        fc.constant([{ name: 'keys', secret: { secretName: `${name}-keys`, optional: true } }]),
      ),
      sidecars: fc.constantFrom([], [sidecar]),
      init: fc.constantFrom<Json>({}, { initContainers: [{ name: 'init', image: 'busybox' }] }),
      replicas: maybe('replicas', fc.integer({ min: 0, max: 7 })),
      strategy: strategies,
      selector: selectors(own),
      placement: placements(own),
      metadata: fields(maybe('labels', labels), maybe('annotations', fc.constant({ note: 'kept' }))),
    })
    .map(({ container, sidecars, init, replicas, strategy, selector, placement, metadata, volumes }) =>
      named(
        'apps/v1',
        'Deployment',
        name,
        {
          spec: {
            ...replicas,
            ...strategy,
            selector,
            template: {
              metadata: { labels: own },
              spec: { containers: [container, ...sidecars], ...init, ...volumes, ...placement },
            },
          },
        },
        metadata,
      ),
    );
}

const types = fc.constantFrom<Json>(
  {},
  { type: 'ClusterIP' },
  { clusterIP: 'None' },
  { type: 'NodePort' },
  { type: 'LoadBalancer' },
  { sessionAffinity: 'ClientIP' },
);

/** A Service that selects the app by some of its labels, or one that selects nothing. */
function services(name: string, own: Readonly<Record<string, string>>): fc.Arbitrary<KubeObject> {
  const [first, ...others] = Object.entries(own);
  const selector = fc.subarray(others).map(some => Object.fromEntries([...(first ? [first] : []), ...some]));
  return fc
    .record({
      type: types,
      selector,
      metadata: fields(maybe('labels', labels)),
      targetPort: fc.constantFrom(undefined, 8080, 'http'),
    })
    .map(({ type, selector, metadata, targetPort }) => {
      const port = { name: 'web', port: 80, ...(targetPort !== undefined && { targetPort }) };
      return named('v1', 'Service', name, { spec: { ...type, selector, ports: [port] } }, metadata);
    });
}

const matches = fc.dictionary(
  fc.constantFrom('x-user', 'X-Beta', 'cookie', ':method', 'accept'),
  labelValues,
  {
    maxKeys: 2,
  },
);
const regexes = fc.dictionary(fc.constantFrom('x-agent', 'x-user-2'), fc.constantFrom('.*', '^v[0-9]+$'), {
  maxKeys: 2,
});
const hosts = fc.constantFrom('*', 'shop.example.com', 'SHOP.example.com', '*.example.com');

const hostForms: Readonly<Record<MappingVersion, fc.Arbitrary<Json>>> = {
  v1: fc.oneof(
    fc.constant({}),
    hosts.map(host => ({ host })),
    fc.constant({ host: '.*', host_regex: true }),
  ),
  v2: fc.oneof(
    fc.constant({}),
    hosts.map(host => ({ host })),
    fc.constant({ host: '.*', host_regex: true }),
  ),
  v3alpha1: fc.oneof(
    hosts.map(hostname => ({ hostname })),
    fc.constant({ host: 'shop.example.com' }),
    fc.constant({ host: '.*', host_regex: true }),
    fc.constant({}),
  ),
};

const legacyFields = fields(
  maybe('tls', fc.constantFrom(true, 'upstream')),
  maybe('headers', fc.constantFrom({ 'x-any': true }, { 'x-any': true, 'x-user': 'me' })),
  maybe('labels', fc.constant({ ambassador: [{ request: ['remote_address', 'shop'] }] })),
);
const currentFields = fields(
  maybe('query_parameters', matches),
  maybe('labels', fc.constant({ ambassador: [{ request: [{ generic_key: { value: 'shop' } }] }] })),
  maybe('stats_name', fc.constantFrom('shop', 'shop_web')),
);

/** A Mapping that routes to the Service; its prefix is its own, so that it is alone in its group. */
function mappings(
  version: MappingVersion,
  service: string,
  prefix: string,
  name: string,
): fc.Arbitrary<KubeObject> {
  const target = fc
    .tuple(
      fc.constantFrom('', 'http://', 'https://', 'HTTPS://'),
      fc.constantFrom('', `.${namespace}`, `.${namespace}.svc.cluster.local`),
      fc.constantFrom('', ':80'),
    )
    .map(([scheme, domain, port]) => `${scheme}${service}${domain}${port}`);
  return fc
    .record({
      target,
      host: hostForms[version],
      rest: fields(
        maybe('headers', matches),
        maybe('regex_headers', regexes),
        maybe('method', fc.constantFrom('GET', 'POST')),
        maybe('precedence', fc.integer({ min: -5, max: 5 })),
        maybe('rewrite', fc.constantFrom('', '/', '/v1/')),
        maybe('timeout_ms', fc.integer({ min: 1, max: 60_000 })),
        maybe('connect_timeout_ms', fc.integer({ min: 1, max: 5_000 })),
        maybe('circuit_breakers', fc.constant([{ max_connections: 50 }])),
        maybe('load_balancer', fc.constant({ policy: 'round_robin' })),
        maybe('prefix_regex', fc.boolean()),
        version === 'v3alpha1' ? currentFields : legacyFields,
      ),
      metadata: fields(maybe('labels', labels), maybe('annotations', fc.constant({ owner: 'shop' }))),
    })
    .map(({ target, host, rest, metadata }) =>
      named(
        `getambassador.io/${version}`,
        'Mapping',
        name,
        { spec: { ...rest, ...host, prefix, service: target } },
        metadata,
      ),
    );
}

/** Names with dots, and up to the limit of 253 characters. */
const mappingNames = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.tuple(word, word).map(([a, b]) => `${a}.${b}`) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z][a-z0-9]{200,240}$/) },
);

/** What stands beside an app in its repository and has no route: it only must not get into the way, or be lost. */
function neighbours(
  name: string,
  own: Readonly<Record<string, string>>,
): fc.Arbitrary<readonly KubeObject[]> {
  return fc.subarray([
    named('v1', 'ConfigMap', `${name}-settings`, { data: { colour: 'blue', number: '010' } }),
    named('v1', 'Secret', `${name}-keys`, { type: 'Opaque', data: { key: 'c2hvcA==' } }),
    named('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
      spec: {
        minReplicas: 2,
        maxReplicas: 9,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      },
    }),
    named('policy/v1', 'PodDisruptionBudget', name, {
      spec: { maxUnavailable: 1, selector: { matchLabels: own } },
    }),
    named('networking.k8s.io/v1', 'NetworkPolicy', name, {
      spec: { podSelector: { matchLabels: own }, policyTypes: ['Ingress'], ingress: [{}] },
    }),
    named('example.com/v1', 'Widget', name, {
      spec: {
        huge: Number.MAX_SAFE_INTEGER,
        share: 1.5,
        words: ['yes', '010', '1e3', '', null],
        empty: {},
        none: [],
        unset: null,
      },
      more: [{ status: { off: false } }],
    }),
    named('v1', 'Service', `${name.slice(0, 50)}-outside`, {
      spec: { type: 'ExternalName', externalName: 'db.example.com' },
    }),
  ]);
}

function apps(version: MappingVersion, index: number): fc.Arbitrary<App> {
  return fc
    .tuple(
      labelNames,
      fc.array(labelNames, { minLength: 1, maxLength: 2 }),
      fc.array(mappingNames, { minLength: 1, maxLength: 2 }),
    )
    .chain(([stem, serviceNames, routeNames]) => {
      // What belongs to one app must not have the name of what belongs to another.
      const unique = (name: string, limit: number) =>
        `${name.slice(0, limit - 2).replace(/[-.]+$/, '')}${index}`;
      const name = unique(stem, 63);
      return podLabels(name).chain(own => {
        const all = serviceNames.map((one, at) => `${unique(one, 61)}${at}`);
        return fc
          .record({
            deployment: deployments(name, own),
            services: fc.tuple(...all.map(one => services(one, own))),
            mappings: fc.tuple(
              ...routeNames.map((route, at) =>
                mappings(
                  version,
                  all[at % all.length] ?? name,
                  `/${index}/${at}/`,
                  `${unique(route, 250)}${at}`,
                ),
              ),
            ),
            others: neighbours(name, own),
          })
          .map(app => app as App);
      });
    });
}

/** Repositories as one finds them, of apps that run on a cluster with Mappings of this version. */
export function repositories(version: MappingVersion): fc.Arbitrary<Repository> {
  const shared = fc.constantFrom<readonly KubeObject[]>(
    [],
    [
      named('v1', 'Service', 'all-of-it', { spec: { selector: part, ports: [{ port: 80 }] } }),
      named(`getambassador.io/${version}`, 'Mapping', 'all-of-it', {
        spec: { ...(version === 'v3alpha1' && { hostname: '*' }), prefix: '/all/', service: 'all-of-it' },
      }),
    ],
  );
  return fc
    .integer({ min: 1, max: 3 })
    .chain(count =>
      fc.tuple(fc.tuple(...Array.from({ length: count }, (_, index) => apps(version, index))), shared),
    )
    .map(([found, shared]) => ({
      apps: found,
      shared,
      objects: [
        ...found.flatMap(app => [app.deployment, ...app.services, ...app.mappings, ...app.others]),
        ...shared,
      ],
    }));
}
