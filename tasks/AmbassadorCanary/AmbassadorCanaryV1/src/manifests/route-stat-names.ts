import { asRecord, type KubeObject, valueAt } from '../release/kube-object.ts';
import type { Route, StatNames } from '../release/plan.ts';
import { statName } from './mapping-group.ts';
import { mappingName } from './routing.ts';

/** With the namespace behind a bare service, and without it, as where the Mapping lives in Emissary's own namespace. */
export function statNamesOf(stable: KubeObject, twin: KubeObject): Route['statNames'] {
  const namespace = stable.metadata.namespace ?? 'default';
  const form = (emissaryNamespace: string): StatNames => ({
    stable: named(stable, emissaryNamespace),
    canary: named(twin, emissaryNamespace),
  });
  const [appended, bare] = [form(''), form(namespace)];
  return appended.stable === bare.stable ? [appended] : [appended, bare];
}

/**
 * Which of these Mappings, which are not split, count under the names of a route: a mirror of stable's requests, one for testers that
 * leads to the canary. What they get can't be told from the route's own requests.
 */
export function alsoCounted(
  { statNames }: Pick<Route, 'statNames'>,
  others: readonly KubeObject[],
): Pick<Route, 'alsoCounted'> {
  const under = (names: readonly string[]) =>
    others
      .filter(other => valueAt(other, 'spec', 'host_redirect') !== true)
      // Whoever shares a name shares the one with the namespace, wherever Emissary lives.
      .filter(other => names.includes(named(other, '')))
      .map(mappingName);
  const also = {
    stable: under(statNames.map(names => names.stable)),
    canary: under(statNames.map(names => names.canary)),
  };
  return also.stable.length + also.canary.length === 0 ? {} : { alsoCounted: also };
}

function named(mapping: KubeObject, emissaryNamespace: string): string {
  const { stats_name, v3StatsName } = asRecord(mapping.spec) ?? {};
  const statsName = [stats_name, v3StatsName].find(name => typeof name === 'string');
  const namespace = mapping.metadata.namespace ?? 'default';
  return statName(String(valueAt(mapping, 'spec', 'service')), statsName, { namespace, emissaryNamespace });
}
