import { applyObject } from '../../../rig/apply.ts';
import type { RigCluster } from '../../../rig/cluster.ts';
import { until } from '../../../rig/until.ts';
import { type AuditedRequests, byVerb, countedBy } from './audited-requests.ts';
import type { ByteMeter } from './byte-meter.ts';
import { purposeOf } from './purposes.ts';
import { manyManifests } from './shop.ts';
import { type Access, ambassadorCanary } from './tools.ts';

/** What one release of so many workloads cost. */
export interface ScaleRow {
  readonly workloads: number;
  readonly requests: number;
  readonly watches: number;
  readonly bytes: number;
  /** At once at most, watches included. */
  readonly connections: number;
  readonly logLines: number;
  /** Declared waits included; most of it is the control plane's. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

export interface Scene {
  readonly cluster: RigCluster;
  readonly access: Access;
  readonly folder: string;
  readonly audit: AuditedRequests;
  readonly meter: ByteMeter;
}

/** Releases so many workloads with Services and Mappings at once, at one weight, and measures it. */
export async function scaleRow(
  count: number,
  { cluster, access, folder, audit, meter }: Scene,
): Promise<ScaleRow> {
  const namespace = `scale-${count}`;
  const objects = manyManifests(count);
  const { client } = cluster;
  await client.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  for (const object of objects('1.0.0', namespace)) await applyObject(client, object, namespace);
  await until(
    `${count} apps are ready`,
    async () => {
      const { items } = await client.list(`/apis/apps/v1/namespaces/${namespace}/deployments`);
      return items.every(
        ({ status }) => (status as { readyReplicas?: number } | undefined)?.readyReplicas === 1,
      );
    },
    { limitMs: 600_000, everyMs: 500 },
  );
  await audit.skip();
  meter.take();
  const release = ambassadorCanary(access, folder, { weights: '50' }, objects);
  const { wallSeconds, cpuSeconds, peakRssMb, logLines } = await release.release(namespace, '2.0.0');
  const { bytes, connections } = meter.take();
  const requests = await audit.of('system:serviceaccount:default:ambassador-canary');
  requests.forEach(purposeOf);
  const watches = requests.filter(({ verb }) => verb === 'watch').length;
  console.log(`${count} workloads: ${requests.length} requests (${byVerb(requests)}), ${wallSeconds} s`);
  for (const [what, times] of countedBy(requests, request => `${request.verb} ${request.what}`).slice(0, 12))
    console.log(`  ${String(times).padStart(5)} ${what}`);
  return {
    workloads: count,
    requests: requests.length,
    watches,
    bytes,
    connections,
    logLines,
    wallSeconds,
    cpuSeconds,
    peakRssMb,
  };
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
