import type { Asked, Forge, Told } from './forger.ts';
import { hostile } from './harmless.ts';
import type { Release } from './shop.ts';

/** Where a text comes from, and what the log shows of it. The step's manifests are of version 1.0.0, which already runs. */
export interface OutsideRow {
  readonly from: string;
  /** What stands before the API server, and before Prometheus. */
  readonly cluster?: Forge;
  readonly prometheus?: Forge;
  /** Manifests in place of the step's own, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  readonly given?: Release;
  readonly shows: RegExp;
}

/** Without what would be taken for a variable that nobody replaced. */
export const text = hostile.replace('$(id) ', '');

const mapped = '/apis/getambassador.io/v3alpha1/mappings';
const deployed = '/apis/apps/v1/namespaces/default/deployments';
const changed: Release = { version: '2.0.0' };

/** The clusters that lie. */
const clusters: readonly OutsideRow[] = [
  {
    from: "the API server's version",
    cluster: on('/version', () => ({ status: 200, body: JSON.stringify({ gitVersion: text }) })),
    shows: /^Cluster https:\S+, Kubernetes HOSTILE # #vso.*…$/m,
  },
  {
    from: 'a refusal, its reason and its causes',
    cluster: on(deployed, () =>
      status(403, { reason: text, details: { causes: [{ field: text, message: text }] } }),
    ),
    shows: /failed: CLUSTER_FORBIDDEN: .* found 403 HOSTILE # #vso.*…\. \w.*$/m,
  },
  {
    from: 'a refusal that is no JSON',
    cluster: on(mapped, () => ({ status: 400, body: `<html>${text}` })),
    shows:
      /failed: CLUSTER_REFUSED: .* found 400: <html>HOSTILE # #vso.*…\. Correct what the API server names$/m,
  },
  {
    from: 'a page in place of an API server',
    cluster: on('/version', () => ({ status: 200, body: `<html>${text}` })),
    shows: /failed: CLUSTER_UNREACHABLE: .* status 200 with "<html>HOSTILE # #vso/m,
  },
  {
    from: 'the versions of an API group',
    cluster: on('/apis/getambassador.io', (_, told) => change(told, { versions: [{ version: text }] })),
    shows: /failed: KIND_UNKNOWN: .*HOSTILE # #vso/m,
  },
  {
    from: 'the name and the weight of a Mapping',
    cluster: items(mapped, mapping => {
      const { spec, metadata } = mapping as { spec: object; metadata: object };
      return { ...mapping, metadata: { ...metadata, name: text }, spec: { ...spec, weight: text } };
    }),
    given: changed,
    shows: /failed: ROUTE_NOT_SPLITTABLE: Mapping default\/HOSTILE # #vso/m,
  },
  {
    from: 'the statistics name of a Mapping',
    cluster: items(mapped, mapping => ({
      ...mapping,
      spec: { ...(mapping.spec as object), stats_name: text },
    })),
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* expected envoy_cluster_name HOSTILE/m,
  },
];

const prometheuses: readonly OutsideRow[] = [
  {
    from: 'a refusal of Prometheus',
    prometheus: () => prometheusError(400),
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* refuses the query: found HOSTILE.*…\. Check metricLabels$/m,
  },
  {
    from: 'an error of Prometheus',
    prometheus: () => prometheusError(500),
    given: changed,
    shows: /failed: PROMETHEUS_UNREACHABLE: .* found HTTP 500 \(HOSTILE/m,
  },
  {
    from: 'a page in place of Prometheus',
    prometheus: () => ({ status: 200, body: `<html>${text}` }),
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* no JSON but "<html>HOSTILE/m,
  },
  {
    from: 'where Prometheus redirects to',
    prometheus: () => ({
      status: 302,
      headers: { location: `/HOSTILE##vso[task.complete]##[error]forged` },
      body: '',
    }),
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* HTTP 302 to \/HOSTILE\. Set/m,
  },
  {
    from: 'the type of an answer of Prometheus',
    prometheus: () => ({
      status: 200,
      body: JSON.stringify({ status: 'success', data: { resultType: text } }),
    }),
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* resultType "HOSTILE/m,
  },
  {
    from: 'the labels of series',
    prometheus: async (_, ask) => {
      const told = await ask();
      const { data } = JSON.parse(told.body) as { data: { result: { metric: object }[] } };
      const result = data.result.map((series, index) => ({
        ...series,
        metric: { ...series.metric, cluster: `${index}${text}` },
      }));
      return change(told, { data: { ...data, result } });
    },
    given: changed,
    shows: /failed: PROMETHEUS_UNFIT: .* more than one source .* cluster="0HOSTILE/m,
  },
];

/** Answers that lie. */
export const outsideAnswers: readonly OutsideRow[] = [...clusters, ...prometheuses];

/** Forges the answers to a path, whatever its query. */
export function on(path: string, forge: (asked: Asked, told: Told) => Told): Forge {
  return async (asked, ask) => {
    const told = await ask();
    return asked.path.split('?')[0] === path ? forge(asked, told) : told;
  };
}

/** Forges each object of a list. */
export function items(path: string, forge: (object: Record<string, unknown>) => object): Forge {
  return on(path, (_, told) => {
    const { items: list } = JSON.parse(told.body) as { items: Record<string, unknown>[] };
    return change(told, { items: list.map(forge) });
  });
}

export function change(told: Told, fields: object): Told {
  return { ...told, body: JSON.stringify({ ...JSON.parse(told.body), ...fields }) };
}

export function status(code: number, fields: object): Told {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: text, code, ...fields };
  return { status: code, body: JSON.stringify(body) };
}

export function prometheusError(code: number): Told {
  return { status: code, body: JSON.stringify({ status: 'error', errorType: text, error: text }) };
}
