import type { Labels, MatrixSeries } from './query-result.ts';

/** A text that two label sets share only if they are the same. */
export function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What an Envoy cluster at one target is known by: all its series come with the same scrape and share its timestamp. */
export function sourceOf(labels: Labels): string {
  const { __name__, le, envoy_response_code_class, ...source } = labels;
  return keyOf(source);
}

/** The labels of a scrape target: those of its series without what Envoy says itself. */
export function targetLabels(labels: Labels): Labels {
  const { envoy_cluster_name, __name__, le, envoy_response_code_class, ...target } = labels;
  return target;
}

/** The time of the first sample after this one; of the first at all where there is no time. */
export function firstTimeAfter(series: MatrixSeries, time: number | undefined): number | undefined {
  return series.samples.find(sample => time === undefined || sample.time > time)?.time;
}

/** The items under their keys, in their order. (`Map.groupBy` is not there in Node 20.) */
export function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
