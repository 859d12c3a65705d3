import { applyObject } from '../../../rig/apply.ts';
import { byVerb, verifyingSeconds } from './audited-requests.ts';
import type { BenchCluster } from './bench-cluster.ts';
import { purposeOf } from './purposes.ts';
import { manyManifests } from './shop.ts';
import { type Access, ambassadorCanary } from './tools.ts';

/** What one release of so many workloads cost. */
export interface ScaleRow {
  readonly workloads: number;
  readonly requests: number;
  readonly watches: number;
  readonly bytes: number;
  readonly connections: number;
  readonly logLines: number;
  /** Without declared waits. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

/** Releases so many workloads with Services and Mappings at once, at one weight. */
export async function scaleRow(
  cluster: BenchCluster,
  access: Access,
  count: number,
  folder: string,
): Promise<ScaleRow> {
  const namespace = `scale-${count}`;
  const objects = manyManifests(count);
  const installed = objects('1.0.0', namespace);
  const names = installed.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  await cluster.makeNamespace(namespace);
  for (const object of installed) await applyObject(cluster.client, object, namespace);
  await cluster.untilReady(namespace, names);
  const tool = ambassadorCanary(access, folder, { weights: '50' }, objects);
  const { run, requests, bytes, connections } = await cluster.account(tool, namespace);
  await cluster.untilReady(namespace, names);
  requests.forEach(purposeOf);
  const { waitedSeconds, cpuSeconds, peakRssMb, logLines } = run;
  console.log(`${count} workloads: ${requests.length} requests (${byVerb(requests)}), ${run.wallSeconds} s`);
  const watches = requests.filter(({ verb }) => verb === 'watch').length;
  const wallSeconds = run.wallSeconds - waitedSeconds - verifyingSeconds(requests);
  const counts = { requests: requests.length, watches, bytes, connections, logLines };
  return { workloads: count, ...counts, wallSeconds, cpuSeconds, peakRssMb };
}

export function scaleTable(rows: readonly ScaleRow[]): string {
  return [
    '| workloads | requests | of them watches | bytes | connections | log lines | wall | CPU | peak RSS |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      row =>
        `| ${row.workloads} | ${row.requests} | ${row.watches} | ${Math.round(row.bytes / 1024)} KB | ${row.connections} | ${row.logLines} | ${row.wallSeconds.toFixed(1)} s | ${row.cpuSeconds.toFixed(1)} s | ${Math.round(row.peakRssMb)} MB |`,
    ),
  ].join('\n');
}
