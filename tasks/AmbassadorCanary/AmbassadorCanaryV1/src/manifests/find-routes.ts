import { CanaryError } from '../release/errors.ts';
import { asRecord, identityOf, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { type Route, releaseLabel } from '../release/plan.ts';
import { compareForGrouping, groupKey, type MappingObject, statName } from './mapping-group.ts';
import { mappingTwin, serviceOf } from './mapping-twin.ts';

export interface RoutesFound {
  readonly routes: readonly Route[];
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}

/**
 * The routes by which requests reach these Services, each with the twin that would take the canary's share. Every Mapping
 * counts; what can't be split is an error, before anything is touched (facts/emissary.md 1).
 */
export function findRoutes(
  mappings: readonly KubeObject[],
  services: readonly KubeObject[],
  { workload, release }: { readonly workload: string; readonly release: string },
): RoutesFound {
  const names = new Set(services.map(service => `${service.metadata.namespace}/${service.metadata.name}`));
  const routes: Route[] = [];
  const notes: string[] = [];
  const errors: CanaryError[] = [];
  const stables = mappings.filter(mapping => mapping.metadata.labels?.[releaseLabel] === undefined);
  for (const mapping of stables) {
    const target = serviceOf(mapping);
    if (target === undefined || !names.has(`${target.namespace}/${target.name}`)) continue;
    const spec = asRecord(mapping.spec) ?? {};
    if (spec.shadow === true || spec.host_redirect === true) {
      const what = spec.shadow === true ? 'it only mirrors requests' : 'it only redirects';
      notes.push(`${nameOf(refOf(mapping))} gets no canary: ${what}`);
      continue;
    }
    try {
      routes.push({ ...splitRoute(mapping, stables, release), workload });
    } catch (thrown) {
      if (!(thrown instanceof CanaryError)) throw thrown;
      errors.push(thrown);
    }
  }
  return { routes, notes, errors };
}

function splitRoute(
  stable: KubeObject,
  all: readonly KubeObject[],
  release: string,
): Omit<Route, 'workload'> {
  refuseWeighted(stable);
  const twin = mappingTwin(stable, release);
  // A mirror in the group takes no part in its weights (facts/emissary.md 4).
  const others = all.filter(
    other =>
      valueAt(other, 'spec', 'shadow') !== true &&
      identityOf(refOf(other)) !== identityOf(refOf(stable)) &&
      identityOf(refOf(other)) !== identityOf(refOf(twin)) &&
      groupKey(asMapping(other), []) === groupKey(asMapping(stable), []),
  );
  if (others.length > 0) {
    throw new CanaryError('ROUTE_NOT_SPLITTABLE', `${nameOf(refOf(stable))} is not alone in its group`, {
      expected: 'one Mapping, without a weight, for this prefix and host',
      found: others.map(other => nameOf(refOf(other))).join(', '),
      hint: 'Remove the other Mapping, or end the canary that it belongs to',
    });
  }
  const grouping = compareForGrouping(asMapping(stable), asMapping(twin));
  if (!grouping.grouped) {
    const fields = grouping.differences.map(({ field }) => field).join(', ');
    throw new CanaryError('ROUTE_NOT_SPLITTABLE', `${nameOf(refOf(stable))} can't be split`, {
      expected: 'a twin that Emissary weighs against it',
      found: `a difference in ${fields}`,
      hint: 'See docs/troubleshooting.md',
    });
  }
  const stableService = String(valueAt(stable, 'spec', 'service'));
  return { stable: refOf(stable), twin, stableService, statNames: statNamesOf(stable, twin) };
}

/** With the namespace behind a bare service, and without it, as where the Mapping lives in Emissary's own namespace. */
function statNamesOf(stable: KubeObject, twin: KubeObject): Route['statNames'] {
  const namespace = stable.metadata.namespace ?? 'default';
  const named = (mapping: KubeObject, emissaryNamespace: string) => {
    const { service, stats_name, v3StatsName } = asRecord(mapping.spec) ?? {};
    const statsName = [stats_name, v3StatsName].find(name => typeof name === 'string');
    return statName(String(service), statsName, { namespace, emissaryNamespace });
  };
  const form = (emissaryNamespace: string) => ({
    stable: named(stable, emissaryNamespace),
    canary: named(twin, emissaryNamespace),
  });
  const [appended, bare] = [form(''), form(namespace)];
  return appended.stable === bare.stable ? [appended] : [appended, bare];
}

function refuseWeighted(stable: KubeObject): void {
  const weight = valueAt(stable, 'spec', 'weight');
  if (weight === undefined || weight === null) return;
  throw new CanaryError('ROUTE_NOT_SPLITTABLE', `${nameOf(refOf(stable))} already has a weight`, {
    expected: 'no `weight`: what the canary does not take must be left to stable',
    found: `weight ${String(weight)}`,
    hint: 'Remove `spec.weight` from this Mapping',
  });
}

function asMapping(object: KubeObject): MappingObject {
  return { ...object, spec: asRecord(object.spec) ?? {} };
}
