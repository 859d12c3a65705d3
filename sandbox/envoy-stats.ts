/** A value under a name and labels, as one line of `/metrics` has it. */
export interface Reading {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What came of a request to a cluster. Without a time no pod has answered it, so it is in no histogram. */
export interface Answered {
  readonly code: number;
  readonly milliseconds?: number;
}

/** Envoy's default buckets, in milliseconds. */
const bucketEdges = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000,
  1_800_000, 3_600_000,
];

interface ClusterStats {
  readonly byClass: Map<number, number>;
  /** How many requests were answered within each edge, and after the last. */
  readonly buckets: number[];
  sum: number;
  connections: number;
}

/** The upstream statistics of one Envoy, by Emissary's names of clusters (`alt_stat_name`, `facts/emissary.md 10`). */
export class EnvoyStats {
  readonly #clusters = new Map<string, ClusterStats>();

  /** From now on there are just these clusters. One that goes loses its counts: when it comes back, they start at 0. */
  setClusters(names: ReadonlySet<string>): void {
    for (const name of this.#clusters.keys()) if (!names.has(name)) this.#clusters.delete(name);
    for (const name of names) {
      if (this.#clusters.has(name)) continue;
      const buckets = Array.from({ length: bucketEdges.length + 1 }, () => 0);
      this.#clusters.set(name, { byClass: new Map(), buckets, sum: 0, connections: 0 });
    }
  }

  connect(cluster: string): void {
    const stats = this.#clusters.get(cluster);
    if (stats) stats.connections++;
  }

  count(cluster: string, { code, milliseconds }: Answered): void {
    const stats = this.#clusters.get(cluster);
    if (!stats) return;
    const codeClass = Math.floor(code / 100);
    stats.byClass.set(codeClass, (stats.byClass.get(codeClass) ?? 0) + 1);
    if (milliseconds === undefined) return;
    stats.sum += milliseconds;
    const found = bucketEdges.findIndex(edge => milliseconds <= edge);
    const index = found < 0 ? bucketEdges.length : found;
    stats.buckets[index] = (stats.buckets[index] ?? 0) + 1;
  }

  /** All series. Codes and times are there only once they have counted; connections from the start. */
  readings(): Reading[] {
    return [...this.#clusters].flatMap(([envoy_cluster_name, stats]) => {
      const base = { envoy_cluster_name };
      const readings: Reading[] = [
        { name: 'envoy_cluster_upstream_cx_total', labels: base, value: stats.connections },
      ];
      for (const [codeClass, value] of stats.byClass) {
        const labels = { ...base, envoy_response_code_class: String(codeClass) };
        readings.push({ name: 'envoy_cluster_upstream_rq_xx', labels, value });
      }
      return [...readings, ...histogram(base, stats)];
    });
  }
}

function histogram(base: Reading['labels'], { buckets, sum }: ClusterStats): Reading[] {
  const name = 'envoy_cluster_upstream_rq_time';
  let count = 0;
  const counted = buckets.map((value, index) => {
    count += value;
    const le = index < bucketEdges.length ? String(bucketEdges[index]) : '+Inf';
    return { name: `${name}_bucket`, labels: { ...base, le }, value: count };
  });
  if (count === 0) return [];
  return [
    ...counted,
    { name: `${name}_sum`, labels: base, value: sum },
    { name: `${name}_count`, labels: base, value: count },
  ];
}
