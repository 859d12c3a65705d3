import { asRecord } from '../release/kube-object.ts';
import { type MappingObject, textOf } from './mapping-object.ts';

/** Whether the object is of `getambassador.io/v1` or `v2`: one and the same spec type (`facts/emissary.md 6`). */
export function isLegacy(mapping: MappingObject): boolean {
  return /(^|\/)v[12]$/.test(mapping.apiVersion);
}

/**
 * The spec as v3alpha1, the only version Emissary 2 and later read, by the rules of its conversion webhook
 * (`facts/emissary.md 6`). A v3alpha1 spec comes back as it is. Markers that only serve the way back to v2
 * (`v2BoolHeaders`, `v2ExplicitTLS`) are not written; `v2Shorthand` in labels is, because it takes part in the comparison
 * of core fields.
 */
export function specAsV3alpha1(mapping: MappingObject): Readonly<Record<string, unknown>> {
  if (!isLegacy(mapping)) return mapping.spec;
  const {
    host,
    host_regex,
    headers,
    query_parameters,
    tls,
    service,
    labels,
    v3StatsName,
    v3health_checks,
    ambassador_id,
    add_request_headers,
    add_response_headers,
    remove_request_headers,
    remove_response_headers,
    cors,
    ...same
  } = mapping.spec;
  const spec: Record<string, unknown> = { ...same };
  Object.assign(spec, splitMatches('headers', 'regex_headers', headers, mapping.spec.regex_headers));
  Object.assign(
    spec,
    splitMatches(
      'query_parameters',
      'regex_query_parameters',
      query_parameters,
      mapping.spec.regex_query_parameters,
    ),
  );
  Object.assign(spec, convertHost(host, host_regex), convertTls(tls, service));
  if (labels !== undefined) spec.labels = convertLabels(labels);
  if (v3StatsName !== undefined) spec.stats_name = v3StatsName;
  if (v3health_checks !== undefined) spec.health_checks = v3health_checks;
  if (ambassador_id !== undefined) {
    spec.ambassador_id = asList(ambassador_id);
  }
  if (add_request_headers !== undefined) spec.add_request_headers = convertAddedHeaders(add_request_headers);
  if (add_response_headers !== undefined)
    spec.add_response_headers = convertAddedHeaders(add_response_headers);
  if (remove_request_headers !== undefined) spec.remove_request_headers = asList(remove_request_headers);
  if (remove_response_headers !== undefined) spec.remove_response_headers = asList(remove_response_headers);
  if (cors !== undefined) spec.cors = convertCors(cors);
  return spec;
}

/** v2 takes one text for a list of one. */
function asList(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value;
}

/** v2 takes the origins as one text with commas. */
function convertCors(cors: unknown): unknown {
  const fields = asRecord(cors);
  if (typeof fields?.origins !== 'string') return cors;
  return { ...fields, origins: fields.origins.split(','), v2CommaSeparatedOrigins: true };
}

/** Host of v1/v2: none becomes `*`, and the marker of a v3alpha1 object without host goes back to none. */
function convertHost(host: unknown, hostRegex: unknown): Record<string, unknown> {
  const text = textOf(host);
  if (hostRegex === true) return { ...(text === undefined ? {} : { host: text }), host_regex: true };
  if (text === '_skip_mapping_with_empty_host_') return {};
  return { hostname: text ?? '*' };
}

/** `x: true` matches any value and becomes a regex; `x: false` is dropped. An explicit regex on the same name wins. */
function splitMatches(
  exactKey: string,
  regexKey: string,
  exact: unknown,
  regex: unknown,
): Record<string, unknown> {
  const texts: Record<string, unknown> = {};
  const patterns: Record<string, unknown> = { ...asRecord(regex) };
  for (const [name, value] of Object.entries(asRecord(exact) ?? {})) {
    if (value === true) patterns[name] ??= '.*';
    else if (typeof value === 'string') texts[name] = value;
  }
  return {
    ...(Object.keys(texts).length > 0 ? { [exactKey]: texts } : {}),
    ...(Object.keys(patterns).length > 0 ? { [regexKey]: patterns } : {}),
  };
}

/** `tls: true` becomes an `https://` service; the name of a TLSContext stays; `false` and empty say nothing. */
function convertTls(tls: unknown, service: unknown): Record<string, unknown> {
  const name = textOf(tls);
  if (name !== undefined) return { tls: name, service };
  if (tls === true && typeof service === 'string') {
    return { service: `https://${service.replace(/^https?:\/\//i, '')}` };
  }
  return { service };
}

function convertAddedHeaders(headers: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(asRecord(headers) ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? { value, v2Representation: 'string' } : value,
    ]),
  );
}

/** Labels are `domain: [{ group: [specifier] }]`; only the specifiers differ between the versions. */
function convertLabels(labels: unknown): Record<string, unknown> {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  return Object.fromEntries(
    Object.entries(asRecord(labels) ?? {}).map(([domain, groups]) => [
      domain,
      list(groups).map(group =>
        Object.fromEntries(
          Object.entries(asRecord(group) ?? {}).map(([name, specifiers]) => [
            name,
            list(specifiers).map(convertLabelSpecifier),
          ]),
        ),
      ),
    ]),
  );
}

function convertLabelSpecifier(specifier: unknown): unknown {
  if (typeof specifier === 'string') {
    return ['source_cluster', 'destination_cluster', 'remote_address'].includes(specifier)
      ? { [specifier]: { key: specifier } }
      : { generic_key: { value: specifier, v2Shorthand: true } };
  }
  const fields = asRecord(specifier) ?? {};
  if ('generic_key' in fields) return { generic_key: { value: fields.generic_key } };
  const [key, header] = Object.entries(fields)[0] ?? [];
  const { header: header_name, omit_if_not_present } = asRecord(header) ?? {};
  return {
    request_headers: {
      key,
      header_name,
      ...(omit_if_not_present === undefined ? {} : { omit_if_not_present }),
    },
  };
}
