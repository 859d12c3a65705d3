/** Where a Mapping lives, as far as the name of its service depends on it. */
export interface ServiceScope {
  /** The Mapping's namespace. */
  readonly namespace: string;
  /** The namespace that Emissary itself runs in. */
  readonly emissaryNamespace: string;
  /** The Mapping's resolver is a ConsulResolver. */
  readonly consul?: boolean;
  /** The Module sets `use_ambassador_namespace_for_service_resolution`. */
  readonly useEmissaryNamespace?: boolean;
}

const url = /^(?:([a-z][a-z0-9+.-]*):\/\/|\/\/)?(\[[^\]]+\]|[^:/?#[\]]+)(?::(\d*))?(?:[/?#].*)?$/i;

/**
 * A Mapping's `service` as Emissary resolves it: the namespace is appended to a host without dot or colon, unless the
 * Mapping lives in Emissary's namespace, the resolver is Consul, or the Module says otherwise (`facts/emissary.md 10`). Host
 * and scheme come out in lower case, a path is dropped, and text that is no host and port comes back as it is.
 */
export function qualifiedService(service: string, scope: ServiceScope): string {
  const [, scheme, bracketed, port] = url.exec(service) ?? [];
  if (bracketed === undefined || Number(port ?? 0) > 65_535) return service;
  const host = bracketed.toLowerCase();
  const qualified = host.includes('.') || host.includes(':') || host === 'localhost';
  const append =
    !qualified &&
    scope.namespace !== scope.emissaryNamespace &&
    scope.consul !== true &&
    scope.useEmissaryNamespace !== true;
  return [
    scheme === undefined ? '' : `${scheme.toLowerCase()}://`,
    host,
    append ? `.${scope.namespace}` : '',
    Number(port ?? 0) === 0 ? '' : `:${Number(port)}`,
  ].join('');
}

/**
 * Emissary's `alt_stat_name` of a Mapping's cluster, which is the Prometheus label `envoy_cluster_name`: `stats_name`, else
 * the qualified service without its scheme, every other character than letters, digits and `_` as `_`
 * (`facts/emissary.md 10`). Mappings with one service share one cluster, and the first of them names it.
 */
export function statName(service: string, statsName: string | undefined, scope: ServiceScope): string {
  if (statsName !== undefined && statsName !== '') return statsName;
  return withoutScheme(qualifiedService(service, scope)).replace(/[^0-9A-Za-z_]/g, '_');
}

/** The service without `http://`, `https://` or a scheme that Emissary does not know. */
export function withoutScheme(service: string): string {
  return service.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
}
