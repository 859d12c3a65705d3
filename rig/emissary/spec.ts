import type { MappingObject } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { specAsV3alpha1 } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';

/** The fields of a v3alpha1 Mapping that the stand-in turns into Envoy's configuration. */
export interface MappingSpec {
  readonly prefix: string;
  readonly service: string;
  readonly prefix_regex?: boolean;
  readonly prefix_exact?: boolean;
  readonly case_sensitive?: boolean;
  readonly rewrite?: string;
  readonly regex_rewrite?: { readonly pattern?: string; readonly substitution?: string };
  readonly host_rewrite?: string;
  readonly auto_host_rewrite?: boolean;
  readonly host_regex?: boolean;
  readonly timeout_ms?: number;
  readonly idle_timeout_ms?: number;
  readonly connect_timeout_ms?: number;
  readonly retry_policy?: Readonly<Record<string, unknown>>;
  readonly add_request_headers?: AddedHeaders;
  readonly add_response_headers?: AddedHeaders;
  readonly remove_request_headers?: readonly string[];
  readonly remove_response_headers?: readonly string[];
  readonly circuit_breakers?: readonly CircuitBreaker[];
  readonly load_balancer?: { readonly policy?: string };
  readonly resolver?: string;
  readonly tls?: string;
  readonly grpc?: boolean;
  readonly stats_name?: string;
  readonly cluster_tag?: string;
  readonly weight?: number;
  readonly shadow?: boolean;
  readonly host_redirect?: boolean;
  readonly path_redirect?: string;
  readonly redirect_response_code?: number;
  readonly error_response_overrides?: unknown;
  readonly outlier_detection?: string;
}

export type AddedHeaders = Readonly<Record<string, { readonly value?: string; readonly append?: boolean }>>;

export interface CircuitBreaker {
  readonly priority?: string;
  readonly max_connections?: number;
  readonly max_pending_requests?: number;
  readonly max_requests?: number;
  readonly max_retries?: number;
}

/** The spec as v3alpha1. The CRD's schema stands for the types: the API server admits no others. */
export function mappingSpec(mapping: MappingObject): MappingSpec {
  return specAsV3alpha1(mapping) as unknown as MappingSpec;
}
