import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoint, serviceAccountEndpoint } from '../../test/agent/endpoints.ts';
import { startCluster } from '../cluster.ts';
import { startDataPlane } from '../data-plane.ts';
import { KubeClient } from '../kube-client.ts';
import { readKubeconfig } from '../kube-connection.ts';
import { untilScraped } from '../prometheus/scraped.ts';
import { readNote, type TrafficNote } from '../traffic/note.ts';
import { appClusterName, installApp } from '../traffic/sample-app.ts';

/** A rig with the sample app on it, for one demo. */
export interface DemoRig extends TrafficNote {
  readonly client: KubeClient;
  /** The service connection to its cluster, with an administrator's rights. */
  readonly connection: Endpoint;
  /** Leaves a rig that was up as it is, and stops one that was started for the demo. */
  close(): Promise<void>;
}

/**
 * The rig that `up --traffic` has started, or, where there is none or it must be `quiet`, one of its own. Resolves when a release
 * can start.
 */
export async function openDemoRig(quiet: boolean, say: (line: string) => void): Promise<DemoRig> {
  const note = await readNote();
  if (note === undefined || quiet) {
    if (note !== undefined) say('The rig that is up has users, and here there must be none.');
    return await startOwn(say);
  }
  say(`On the rig that is up: ${note.url}`);
  const rig = await access(note, async () => {});
  await untilScraped(note.prometheusUrl, appClusterName, note.scrapeIntervalSeconds);
  return rig;
}

async function startOwn(say: (line: string) => void): Promise<DemoRig> {
  say('Starting a rig (npm run rig -- up --traffic keeps one up, and shows what its users get).');
  const dir = await mkdtemp(join(tmpdir(), 'ambassador-canary-demo-'));
  const stops: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const cluster = await startCluster({ log: line => /up to date$/.test(line) || say(line) });
    stops.push(() => cluster.stop());
    const { kubeconfigPath, emissaryKubeconfigPath } = cluster;
    const scrapeIntervalSeconds = 1;
    const data = await startDataPlane({
      kubeconfigPath: emissaryKubeconfigPath,
      dir,
      scrapeIntervalSeconds,
      log: say,
    });
    stops.push(() => data.stop());
    const { url, prometheusUrl } = data;
    await installApp(cluster.client, url);
    await untilScraped(prometheusUrl, appClusterName, scrapeIntervalSeconds);
    return await access({ kubeconfigPath, url, prometheusUrl, scrapeIntervalSeconds }, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function access(note: TrafficNote, close: () => Promise<void>): Promise<DemoRig> {
  const { server, token = '', ca = '' } = await readKubeconfig(note.kubeconfigPath);
  const client = new KubeClient({ server, token, ca });
  return {
    ...note,
    client,
    connection: serviceAccountEndpoint({ name: 'rig', server, token, certificate: ca }),
    close: async () => {
      client.close();
      await close();
    },
  };
}
