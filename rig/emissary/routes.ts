import { compareMappings } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { Match } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-matches.ts';
import type { Group, Member } from './model.ts';
import type { AddedHeaders, MappingSpec } from './spec.ts';

/** An Envoy route, as plain JSON. */
export type Route = Readonly<Record<string, unknown>>;

/** Emissary's default for a request, in milliseconds (`cluster_request_timeout_ms`). */
const defaultTimeoutMs = 3000;

/**
 * The routes of a group: one per Mapping, each with its running sum as `runtime_fraction` (`facts/emissary.md 4`). There is
 * no retry unless a Mapping of the group has a `retry_policy`.
 */
export function groupRoutes(group: Group): Route[] {
  const shared = flatten(group);
  const headers = {
    ...addedHeaders('request_headers_to_add', shared.add_request_headers),
    ...addedHeaders('response_headers_to_add', shared.add_response_headers),
    ...(shared.remove_request_headers && { request_headers_to_remove: shared.remove_request_headers }),
    ...(shared.remove_response_headers && { response_headers_to_remove: shared.remove_response_headers }),
  };
  const { redirect } = group;
  if (redirect) {
    return [{ match: matchOf(group, redirect.spec, 100), redirect: redirection(redirect.spec), ...headers }];
  }
  return group.members.flatMap(member =>
    member.cluster === undefined
      ? []
      : [
          {
            match: matchOf(group, member.spec, member.sum, member.cluster.envoyName),
            route: action(group, member, member.cluster.envoyName, shared),
            ...headers,
          },
        ],
  );
}

/**
 * What the last Mapping that has it gives to all of the group; headers to add are merged. `regex_rewrite` is always there,
 * so the last Mapping has it even when it is empty (`facts/emissary.md 3`).
 */
function flatten(group: Group): Partial<MappingSpec> {
  const specs = [...group.members]
    .sort((a, b) => compareMappings(a.mapping, b.mapping))
    .map(({ spec }) => spec);
  const { regex_rewrite: _, ...shared }: Partial<MappingSpec> = Object.assign({}, ...specs);
  const last = specs.at(-1)?.regex_rewrite;
  return {
    ...shared,
    ...(last && { regex_rewrite: last }),
    add_request_headers: Object.assign({}, ...specs.map(spec => spec.add_request_headers)),
    add_response_headers: Object.assign({}, ...specs.map(spec => spec.add_response_headers)),
  };
}

function matchOf(group: Group, spec: MappingSpec, percent: number, cluster?: string): Route {
  const { core } = group;
  const headers = group.headers.flatMap(headerMatch);
  const path =
    core.prefix_regex === true
      ? { safe_regex: { regex: core.prefix } }
      : core.prefix_exact === true
        ? { path: core.prefix }
        : { prefix: core.prefix };
  return {
    ...path,
    case_sensitive: spec.case_sensitive ?? core.case_sensitive ?? true,
    runtime_fraction: {
      default_value: { numerator: percent, denominator: 'HUNDRED' },
      ...(cluster === undefined ? {} : { runtime_key: `routing.traffic_shift.${cluster}` }),
    },
    ...(headers.length > 0 ? { headers } : {}),
    ...(group.queryParameters.length > 0
      ? {
          query_parameters: group.queryParameters.map(({ name, ...match }) => ({
            name,
            ...stringMatch(match),
          })),
        }
      : {}),
  };
}

function headerMatch({ name, value, regex }: Match): Route[] {
  if (regex || name !== ':authority') return [{ name, ...stringMatch({ value, regex }) }];
  if (value === '*') return [];
  if (value.startsWith('*')) return [{ name, string_match: { suffix: value.slice(1) } }];
  if (value.endsWith('*')) return [{ name, string_match: { prefix: value.slice(0, -1) } }];
  return [{ name, string_match: { exact: value } }];
}

function stringMatch({ value, regex }: Pick<Match, 'value' | 'regex'>): Route {
  return { string_match: regex ? { safe_regex: { regex: value } } : { exact: value } };
}

function action(group: Group, { spec }: Member, cluster: string, shared: Partial<MappingSpec>): Route {
  const rewrite = spec.regex_rewrite === undefined ? (spec.rewrite ?? '/') : '';
  const { pattern = '', substitution = '' } = shared.regex_rewrite ?? {};
  return {
    cluster,
    timeout: seconds(spec.timeout_ms ?? defaultTimeoutMs),
    ...(spec.idle_timeout_ms === undefined ? {} : { idle_timeout: seconds(spec.idle_timeout_ms) }),
    ...(shared.regex_rewrite !== undefined
      ? { regex_rewrite: { pattern: { regex: pattern }, substitution } }
      : rewrite === ''
        ? {}
        : { prefix_rewrite: rewrite }),
    ...(spec.host_rewrite === undefined ? {} : { host_rewrite_literal: spec.host_rewrite }),
    ...(spec.auto_host_rewrite === undefined ? {} : { auto_host_rewrite: spec.auto_host_rewrite }),
    ...(shared.retry_policy && { retry_policy: shared.retry_policy }),
    ...mirror(group.shadow),
  };
}

function mirror(shadow: Member | undefined): Route {
  if (shadow?.cluster === undefined) return {};
  const numerator = shadow.spec.weight ?? 100;
  const runtime_fraction = { default_value: { numerator, denominator: 'HUNDRED' } };
  return { request_mirror_policies: [{ cluster: shadow.cluster.envoyName, runtime_fraction }] };
}

function redirection(spec: MappingSpec): Route {
  const codes: Record<number, string> = {
    302: 'FOUND',
    303: 'SEE_OTHER',
    307: 'TEMPORARY_REDIRECT',
    308: 'PERMANENT_REDIRECT',
  };
  return {
    host_redirect: spec.service,
    ...(spec.path_redirect === undefined ? {} : { path_redirect: spec.path_redirect }),
    response_code: codes[spec.redirect_response_code ?? 301] ?? 'MOVED_PERMANENTLY',
  };
}

function addedHeaders(field: string, headers: AddedHeaders | undefined): Route {
  const list = Object.entries(headers ?? {}).map(([key, { value = '', append = true }]) => ({
    header: { key, value },
    append_action: append ? 'APPEND_IF_EXISTS_OR_ADD' : 'OVERWRITE_IF_EXISTS_OR_ADD',
  }));
  return list.length > 0 ? { [field]: list } : {};
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)}s`;
}
