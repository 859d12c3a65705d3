import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyObject } from '../../../rig/apply.ts';
import type { KubeClient } from '../../../rig/kube-client.ts';
import { until } from '../../../rig/until.ts';
import { type AuditedRequest, byVerb, verifyingSeconds } from './audited-requests.ts';
import { BenchCluster } from './bench-cluster.ts';
import { budgetsOf } from './budgets.ts';
import { type BenchRun, medians } from './medians.ts';
import { plotOf, type Series } from './plot.ts';
import { requestTable, table } from './report.ts';
import { type ScaleRow, scaleRow, scaleTable } from './scale.ts';
import { appName, manifests } from './shop.ts';
import { stopLatency } from './stop-latency.ts';
import { ambassadorCanary, kubectlLean, type Tool } from './tools.ts';

/**
 * One release by our step and by the bare kubectl recipe, in turns, against the rig's real API server: what each costs. Writes
 * `test/bench/results.json`, prints tables, and fails where a budget is not kept that is a count or a size. With `--scale` releases
 * of growing size instead, and how soon a stop leaves among their writes.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, scale: { type: 'boolean' } },
});
const runs = Number(values.runs);
const sizes = [1, 10, 30, 100, 300];
const resultsFile = fileURLToPath(new URL('../results.json', import.meta.url));
const plotFile = fileURLToPath(new URL('../../../docs/performance.svg', import.meta.url));

async function scale(cluster: BenchCluster, folder: string): Promise<void> {
  const access = await cluster.accessOf('ambassador-canary');
  const rows: ScaleRow[] = [];
  for (const size of sizes) rows.push(await scaleRow(cluster, access, size, folder));
  const stop = await stopLatency(100);
  await keep({ scale: rows, stop });
  await writeFile(plotFile, plotOf(seriesOf(rows), 'workloads in one release'));
  console.log(`\n${scaleTable(rows)}\n`);
  console.log(`A stop among 300 writes arrives after ${stop.p50} ms (p50), ${stop.p99} ms (p99)`);
}

async function compare(cluster: BenchCluster, folder: string): Promise<void> {
  const tools: readonly Tool[] = [
    ambassadorCanary(await cluster.accessOf('ambassador-canary'), folder),
    kubectlLean(await cluster.accessOf('kubectl-lean'), cluster.kubectlPath, folder),
  ];
  const all: BenchRun[] = [];
  const last = new Map<string, readonly AuditedRequest[]>();
  // One run of each beforehand, which counts for nothing: files are read into memory, kubectl's cache is filled.
  for (let number = 0; number <= runs; number++) {
    for (const tool of tools) {
      const { run, requests } = await bench(cluster, tool, `run-${tool.name}-${number}`);
      last.set(tool.name, requests);
      if (number === 0) continue;
      all.push(run);
      console.log(
        `${tool.name.padEnd(18)} run ${number}: ${run.requests} requests (${byVerb(requests)}), ${run.wallSeconds} s wall, ${run.waitedSeconds} s of it declared waits, ${run.cpuSeconds} s CPU`,
      );
    }
  }
  const rows = tools.map(({ name }) => medians(all.filter(({ tool }) => tool === name)));
  await keep({ rows, runs: all });
  console.log(`\n${table(rows)}\n\n${requestTable(last.get('ambassador-canary') ?? [])}\n`);
  const budgets = budgetsOf(rows);
  for (const { text, kept } of budgets) console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${text}`);
  if (budgets.some(({ kept, checked }) => checked && !kept)) process.exitCode = 1;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-bench-'));
  const cluster = await BenchCluster.start();
  try {
    await (values.scale ? scale(cluster, folder) : compare(cluster, folder));
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Beside what other runs have measured. */
async function keep(results: object): Promise<void> {
  const before = await readFile(resultsFile, 'utf8').catch(() => '{}');
  await writeFile(resultsFile, `${JSON.stringify({ ...JSON.parse(before), ...results }, undefined, 2)}\n`);
}

function seriesOf(rows: readonly ScaleRow[]): readonly Series[] {
  const of = (title: string, unit: string, figure: (row: ScaleRow) => number): Series => ({
    title,
    unit,
    points: rows.map(row => [row.workloads, Math.round(figure(row) * 10) / 10]),
  });
  return [
    of('API requests', '', ({ requests }) => requests),
    of('bytes', ' MB', ({ bytes }) => bytes / 1024 ** 2),
    of('CPU of the step', ' s', ({ cpuSeconds }) => cpuSeconds),
    of('peak RSS', ' MB', ({ peakRssMb }) => peakRssMb),
  ];
}

async function bench(
  cluster: BenchCluster,
  tool: Tool,
  namespace: string,
): Promise<{ readonly run: BenchRun; readonly requests: readonly AuditedRequest[] }> {
  await cluster.makeNamespace(namespace);
  for (const object of manifests('1.0.0', namespace)) await applyObject(cluster.client, object, namespace);
  await cluster.untilReady(namespace, [appName]);
  const { run: cost, requests, bytes, connections } = await cluster.account(tool, namespace);
  await checkEnd(cluster.client, namespace);
  const { code: _, logLines: __, ...counted } = cost;
  const waitedSeconds = Math.round((cost.waitedSeconds + verifyingSeconds(requests)) * 1_000) / 1_000;
  const run = { tool: tool.name, ...counted, waitedSeconds, requests: requests.length, bytes, connections };
  return { run, requests };
}

/** A tool that is quick because it does not do the work is none. */
async function checkEnd(client: KubeClient, namespace: string): Promise<void> {
  const root = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const { spec } = await client.get(`${root}/${appName}`);
  const ended = JSON.stringify(spec).includes('shop:2.0.0');
  const names = async (path: string) => (await client.list(path)).items.map(({ metadata }) => metadata.name);
  await until(
    `only stable is left in ${namespace}`,
    async () => {
      const left = await Promise.all([
        names(root),
        names(`/api/v1/namespaces/${namespace}/services`),
        names(`/apis/getambassador.io/v3alpha1/namespaces/${namespace}/mappings`),
      ]);
      return ended && left.every(found => found.join() === appName);
    },
    { limitMs: 20_000, everyMs: 50 },
  );
}

await main();
