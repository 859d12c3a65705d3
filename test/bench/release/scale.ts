import { applyObject } from '../../../rig/apply.ts';
import { KubeClient } from '../../../rig/kube-client.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { State } from '../../../sandbox/state.ts';
import { type AuditedRequest, byVerb } from './audited-requests.ts';
import { ByteMeter } from './byte-meter.ts';
import { purposeOf } from './purposes.ts';
import { manyManifests } from './shop.ts';
import { ambassadorCanary } from './tools.ts';

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

/**
 * Releases so many workloads with Services and Mappings at once, at one weight, on the stand-in for a cluster, whose pods are ready
 * at once and whose control plane has no speed limit of its own: what is measured is the step.
 */
export async function scaleRow(count: number, folder: string): Promise<ScaleRow> {
  const namespace = `scale-${count}`;
  const objects = manyManifests(count);
  const sandbox = await startSandbox({
    namespace,
    requestsPerSecond: 1,
    podReadyMs: 5,
    podStopMs: 5,
    withDiagnostics: false,
  });
  const meter = await ByteMeter.before(sandbox.server);
  try {
    const caPem = Buffer.from(sandbox.caData, 'base64').toString('utf8');
    const client = new KubeClient({ server: sandbox.server, ca: caPem, token: sandbox.token });
    for (const object of objects('1.0.0', namespace)) await applyObject(client, object, namespace);
    await sandbox.state.until(
      () => sandbox.state.list('apps/v1', 'Deployment', namespace).every(one => State.isRolledOut(one)),
      60_000,
    );
    const before = sandbox.state.requests.length;
    meter.take();
    const access = { server: meter.url, caPem, token: sandbox.token };
    const release = ambassadorCanary(access, folder, { weights: '50' }, objects);
    const { wallSeconds, waitedSeconds, cpuSeconds, peakRssMb, logLines } = await release.release(
      namespace,
      '2.0.0',
    );
    const { bytes, connections } = meter.take();
    const requests = sandbox.state.requests.slice(before).map(asRequest);
    requests.forEach(purposeOf);
    console.log(`${count} workloads: ${requests.length} requests (${byVerb(requests)}), ${wallSeconds} s`);
    const watches = requests.filter(({ verb }) => verb === 'watch').length;
    const counts = { requests: requests.length, watches, bytes, connections, logLines };
    return { workloads: count, ...counts, wallSeconds: wallSeconds - waitedSeconds, cpuSeconds, peakRssMb };
  } finally {
    meter.stop();
    await sandbox.stop();
  }
}

const objectPath = /^\/apis?\/(?:[^/]+\/)?v[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)(\/[^/]+)?$/;
const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A request as an audit log would have it. */
function asRequest({ method, path }: { readonly method: string; readonly path: string }): AuditedRequest {
  const { pathname, searchParams } = new URL(path, 'https://server');
  const [, what, name] = objectPath.exec(pathname) ?? [];
  if (what === undefined) return { verb: 'get', what: pathname };
  const reading = searchParams.get('watch') === '1' ? 'watch' : name === undefined ? 'list' : 'get';
  return { verb: verbs[method] ?? reading, what };
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
