import {
  ambassadorIds,
  type MappingObject,
  specAsV3alpha1,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { shortenNames } from './cluster.ts';
import { compareRouteWeights, makeGroups } from './groups.ts';
import { activeHosts, hostSelectors, type VirtualHost, virtualHosts } from './hosts.ts';
import type { HostObject, Model, Snapshot } from './model.ts';
import { groupRoutes } from './routes.ts';

/** What a snapshot compiles to: the model for the diagnostics, and the routes for Envoy. */
export interface Compiled {
  readonly model: Model;
  readonly virtualHosts: readonly VirtualHost[];
}

export interface CompileOptions {
  /** The `AMBASSADOR_ID` of this Emissary. */
  readonly ambassadorId: string;
  /** The namespace that Emissary runs in. */
  readonly emissaryNamespace: string;
}

/**
 * Compiles Mappings and Hosts into routes by the rules that were measured on Emissary (`facts/emissary.md 2 to 5, 8, 10`),
 * mistakes included. Pure. Not modelled: TCPMappings, Modules, TLSContexts, Listeners, cors,
 * websockets, hash policies, and what Emissary's cache keeps from one configuration to the next.
 */
export function compile(snapshot: Snapshot, options: CompileOptions): Compiled {
  const ours = ({ spec }: { spec?: object }) =>
    ambassadorIds((spec ?? {}) as Record<string, unknown>).includes(options.ambassadorId);
  const mappings = snapshot.mappings.filter((mapping: MappingObject) =>
    ours({ spec: specAsV3alpha1(mapping) }),
  );
  const hosts = activeHosts(snapshot.hosts.filter((host: HostObject) => ours(host)));
  const model: Model = {
    emissaryNamespace: options.emissaryNamespace,
    groups: [],
    clusters: new Map(),
    errors: [],
  };
  model.groups = makeGroups(model, mappings, hostSelectors(hosts)).sort(compareRouteWeights).reverse();
  shortenNames(model.clusters.values());
  const routes = new Map(model.groups.map(group => [group, groupRoutes(group)]));
  return { model, virtualHosts: virtualHosts(hosts, model.groups, group => routes.get(group) ?? []) };
}
