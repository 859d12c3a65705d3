import type { Labels, MatrixSeries } from './query-result.ts';
import { groupBy, keyOf, targetLabels } from './series.ts';

/** Why the series must not be summed, and what tells the sources apart. */
export interface SourceConflict {
  readonly found: string;
  readonly hint: string;
}

interface Target {
  readonly labels: Labels;
  readonly from: number;
  readonly to: number;
}

/** Labels by which a Prometheus that serves several clusters is told to keep them apart. */
const clusterLabels = ['cluster', 'cluster_name', 'cluster_id', 'k8s_cluster', 'kubernetes_cluster'];
const podLabels = ['pod', 'kubernetes_pod_name', 'pod_name'];
const namespaceLabels = ['namespace', 'kubernetes_namespace'];
/** The labels that usually differ where one pod is stored twice, the most telling first. */
const sourceLabels = ['prometheus_replica', 'replica', 'prometheus', 'job'];

/**
 * Whether the series come from more than one source: from several Kubernetes clusters, whose Envoys have nothing to do with each
 * other, or twice from one pod (two scrape jobs, two Prometheus replicas), which would count each request twice. Two
 * jobs or replicas with different pods are fine. A pod that took another's name is told from a double by the time.
 */
export function sourceConflict(series: readonly MatrixSeries[]): SourceConflict | undefined {
  const targets = targetsOf(series);
  return severalClusters(targets) ?? podTwice(targets);
}

function targetsOf(series: readonly MatrixSeries[]): Target[] {
  const groups = groupBy(series, ({ labels }) => keyOf(targetLabels(labels)));
  return [...groups.values()].map(group => ({
    labels: targetLabels(group[0]?.labels ?? {}),
    from: Math.min(...group.map(({ samples }) => samples[0]?.time ?? Number.POSITIVE_INFINITY)),
    to: Math.max(...group.map(({ samples }) => samples.at(-1)?.time ?? Number.NEGATIVE_INFINITY)),
  }));
}

function severalClusters(targets: readonly Target[]): SourceConflict | undefined {
  for (const label of clusterLabels) {
    const values = [...new Set(targets.map(({ labels }) => labels[label]))].sort();
    if (values.length > 1) return conflict('Emissary in several clusters', label, values);
  }
  return undefined;
}

function podTwice(targets: readonly Target[]): SourceConflict | undefined {
  const seen = new Map<string, Target[]>();
  for (const target of targets) {
    for (const identity of identitiesOf(target.labels)) {
      const others = seen.get(identity) ?? [];
      const twin = others.find(other => other.from <= target.to && target.from <= other.to);
      if (twin !== undefined) return doubled(identity, twin.labels, target.labels);
      seen.set(identity, [...others, target]);
    }
  }
  return undefined;
}

/** A pod by its name, and by the address that it is scraped at. */
function identitiesOf(labels: Labels): string[] {
  const pod = firstOf(podLabels, labels);
  const namespace = firstOf(namespaceLabels, labels);
  return [
    ...(pod === undefined ? [] : [`the pod ${namespace === undefined ? '' : `${namespace}/`}${pod}`]),
    ...(labels.instance === undefined ? [] : [`the target ${labels.instance}`]),
  ];
}

function firstOf(names: readonly string[], labels: Labels): string | undefined {
  return names.map(name => labels[name]).find(value => value !== undefined);
}

function doubled(identity: string, one: Labels, other: Labels): SourceConflict {
  const names = [...sourceLabels, ...Object.keys({ ...one, ...other }).sort()];
  const label = names.find(name => one[name] !== other[name]) ?? '';
  return conflict(`${identity} twice`, label, [one[label], other[label]].sort());
}

function conflict(what: string, label: string, values: readonly (string | undefined)[]): SourceConflict {
  const matchers = values.map(value => `${label}=${JSON.stringify(value ?? '')}`);
  return {
    found: `${what}: ${matchers.slice(0, 5).join(' and ')}${matchers.length > 5 ? ' and more' : ''}`,
    hint: `Choose one with metricLabels, for example ${matchers.at(-1)}`,
  };
}
