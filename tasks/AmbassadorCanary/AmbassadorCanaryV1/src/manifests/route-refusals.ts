import { CanaryError, type ErrorDetails } from '../release/errors.ts';
import { asRecord, identityOf, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { tooOldFor } from './emissary-version.ts';
import { ambassadorIds, compareForGrouping, groupKey, specAsV3alpha1 } from './mapping-group.ts';
import { asMapping, mappingIdentity, mappingName, type Routing } from './routing.ts';

/**
 * All that keeps a Mapping's requests from being shared with its twin: each alone would send the canary everything or nothing,
 * or users to a 404 (facts/emissary.md 1 to 5, 12). An empty list where it can be split.
 */
export function routeRefusals(
  stable: KubeObject,
  twin: KubeObject,
  all: readonly KubeObject[],
  { routing, release }: { readonly routing: Routing; readonly release: string },
): readonly CanaryError[] {
  const refusals = [
    weighted(stable),
    definedTwice(stable, all),
    notAlone(stable, twin, all, routing, release),
    resolvedElsewhere(stable, routing),
    defaultLabels(stable, routing),
    ...tooOldFor(stable, routing.emissaries).map(({ field, found, needs }) => ({
      what: `can't be split by this Emissary, which mixes up weighted Mappings with ${field}`,
      expected: `Emissary ${needs} or newer`,
      found,
      hint: 'Upgrade Emissary, or take the condition out of this Mapping',
    })),
    notGrouped(stable, twin, routing),
  ];
  return refusals.flatMap(refusal =>
    refusal === undefined ? [] : [notSplittable(`${mappingName(stable)} ${refusal.what}`, refusal)],
  );
}

/** Raw connections have no requests to share, and Emissary's own weights for them are off (facts/emissary.md 4). */
export function tcpRefusal(mapping: KubeObject): CanaryError {
  return notSplittable(`${mappingName(mapping)} sends raw connections to the Service`, {
    expected: 'HTTP Mappings only: a TCPMapping can not be weighted as asked',
    found: `a TCPMapping on port ${String(valueAt(mapping, 'spec', 'port'))}`,
    hint: 'Give it a Service of its own',
  });
}

/** Why requests to a Mapping can't be shared between two versions. */
export function notSplittable(message: string, details: ErrorDetails): CanaryError {
  return new CanaryError('ROUTE_NOT_SPLITTABLE', message, details);
}

type Refusal = ErrorDetails & { readonly what: string };

function weighted(stable: KubeObject): Refusal | undefined {
  const weight = valueAt(stable, 'spec', 'weight');
  if (weight === undefined || weight === null) return undefined;
  return {
    what: 'already has a weight',
    expected: 'no `weight`: what the canary does not take must be left to stable',
    found: `weight ${String(weight)}`,
    hint: 'Remove `spec.weight` from this Mapping',
  };
}

/** Emissary keeps one of two Mappings with one name in a namespace, and which one is no rule to build on (facts/emissary.md 9). */
function definedTwice(stable: KubeObject, all: readonly KubeObject[]): Refusal | undefined {
  const identity = (mapping: KubeObject) => `${mapping.metadata.namespace}/${mapping.metadata.name}`;
  const same = all.filter(
    other => identity(other) === identity(stable) && mappingIdentity(other) !== mappingIdentity(stable),
  );
  if (same.length === 0) return undefined;
  return {
    what: 'is not the only one of its name',
    expected: 'one Mapping of a name: of several, Emissary loses all but one',
    found: same.map(mappingName).join(', '),
    hint: 'Give them different names; a Service that was copied with its annotation is often the cause',
  };
}

function notAlone(
  stable: KubeObject,
  twin: KubeObject,
  all: readonly KubeObject[],
  routing: Routing,
  release: string,
): Refusal | undefined {
  const selectors = routing.hostSelectors ?? [];
  const key = groupKey(asMapping(stable), selectors);
  const ids = ambassadorIds(specAsV3alpha1(asMapping(stable)));
  const others = all.filter(
    other =>
      // A mirror in the group takes no part in its weights (facts/emissary.md 4).
      valueAt(other, 'spec', 'shadow') !== true &&
      mappingIdentity(other) !== mappingIdentity(stable) &&
      identityOf(refOf(other)) !== identityOf(refOf(twin)) &&
      other.metadata.labels?.[releaseLabel] !== release &&
      // Emissaries with different ids do not see each other's Mappings.
      ambassadorIds(specAsV3alpha1(asMapping(other))).some(id => ids.includes(id)) &&
      groupKey(asMapping(other), selectors) === key,
  );
  if (others.length === 0) return undefined;
  return {
    what: 'is not alone in its group',
    expected: 'one Mapping, without a weight, for this prefix and host',
    found: others.map(mappingName).join(', '),
    hint: 'Remove the other Mapping, or end the canary that it belongs to',
  };
}

const resolverKinds: Readonly<Record<string, string>> = {
  'kubernetes-service': 'KubernetesServiceResolver',
  'kubernetes-endpoint': 'KubernetesEndpointResolver',
  endpoint: 'KubernetesEndpointResolver',
  consul: 'ConsulResolver',
  'consul-endpoint': 'ConsulResolver',
};

/** The canary is a Service; what is looked up elsewhere would not be found there (facts/emissary.md 12). */
function resolvedElsewhere(stable: KubeObject, routing: Routing): Refusal | undefined {
  const own = valueAt(stable, 'spec', 'resolver');
  const byDefault = modulesOf(stable, routing)
    .map(config => config.resolver)
    .find(name => typeof name === 'string');
  const name = typeof own === 'string' && own !== '' ? own : byDefault;
  if (typeof name !== 'string') return undefined;
  const kind = routing.resolvers?.get(name) ?? resolverKinds[name];
  if (kind?.startsWith('Kubernetes')) return undefined;
  return {
    what: 'finds its Service by something else than Kubernetes',
    expected: 'a resolver of Kubernetes, in which the canary is known by its Service',
    found:
      kind === undefined ? `resolver ${name}, of a kind that can't be seen` : `resolver ${name}, a ${kind}`,
    hint:
      kind === undefined
        ? 'Let the service connection list KubernetesEndpointResolvers and KubernetesServiceResolvers'
        : 'Use `resolver: endpoint` for this Mapping: a canary would have to be registered by hand',
  };
}

/** Emissary's cache then mixes the two and drops the stable Mapping (facts/emissary.md 5). */
function defaultLabels(stable: KubeObject, routing: Routing): Refusal | undefined {
  const labels = asRecord(valueAt(stable, 'spec', 'labels')) ?? {};
  const inModule = modulesOf(stable, routing).some(config => asRecord(config.default_labels) !== undefined);
  if (!inModule || Object.keys(labels).length === 0) return undefined;
  return {
    what: 'has `labels`, and so has the Module of Emissary as default_labels',
    expected: 'one of the two: Emissary would drop the stable Mapping once there is a canary',
    found: `labels for ${Object.keys(labels).join(', ')}`,
    hint: "Move the Module's default_labels into the Mappings that need them",
  };
}

function modulesOf(stable: KubeObject, { modules = [] }: Routing): Readonly<Record<string, unknown>>[] {
  const ids = ambassadorIds(specAsV3alpha1(asMapping(stable)));
  return modules
    .filter(({ metadata }) => metadata.name === 'ambassador')
    .filter(module => ambassadorIds(asRecord(module.spec) ?? {}).some(id => ids.includes(id)))
    .map(module => asRecord(valueAt(module, 'spec', 'config')) ?? {});
}

function notGrouped(stable: KubeObject, twin: KubeObject, routing: Routing): Refusal | undefined {
  const grouping = compareForGrouping(asMapping(stable), asMapping(twin), routing.hostSelectors);
  if (grouping.grouped) return undefined;
  const text = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  return {
    what: "can't be split",
    expected: 'a twin that Emissary weighs against it',
    found: grouping.differences
      .map(({ field, stable: one, canary }) =>
        text(one) === text(canary)
          ? `${field}: ${text(one)}`
          : `${field}: ${text(one)}, the twin's ${text(canary)}`,
      )
      .join('; '),
    hint: 'See docs/troubleshooting.md, ROUTE_NOT_SPLITTABLE',
  };
}
