import type { MappingObject } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { Match } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-matches.ts';
import type { Cluster } from './cluster.ts';
import type { MappingSpec } from './spec.ts';

/** What Emissary reads from the cluster to make routes. */
export interface Snapshot {
  readonly mappings: readonly MappingObject[];
  readonly hosts: readonly HostObject[];
}

/** A Host, as far as it decides which Mappings get a route. */
export interface HostObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly hostname?: string;
    readonly ambassador_id?: readonly string[];
    readonly mappingSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

/** A Mapping that was accepted into its group. */
export interface Member {
  readonly mapping: MappingObject;
  readonly spec: MappingSpec;
  /** `app-canary.shop.1` */
  readonly key: string;
  readonly cluster: Cluster | undefined;
  /** The running sum that Envoy gets as `runtime_fraction`. */
  sum: number;
}

/** Mappings that Emissary weights against each other. */
export interface Group {
  /** The digest of the group's key, `_group_id` in the diagnostics. */
  readonly id: string;
  /** The first Mapping's key: errors of the group stand under it. */
  readonly key: string;
  /** The first Mapping's spec: the group's core fields. */
  readonly core: MappingSpec;
  readonly headers: readonly Match[];
  readonly queryParameters: readonly Match[];
  readonly precedence: number;
  /** The host glob; absent without one. */
  readonly host?: string;
  /** In the order of Envoy's routes. */
  members: Member[];
  shadow?: Member;
  redirect?: Member;
}

/** Emissary's intermediate representation, as far as it matters here. */
export interface Model {
  readonly emissaryNamespace: string;
  /** In the order in which Envoy tries them. */
  groups: Group[];
  readonly clusters: Map<string, Cluster>;
  /** `[key, text]` as in the diagnostics. */
  readonly errors: [key: string, text: string][];
}
