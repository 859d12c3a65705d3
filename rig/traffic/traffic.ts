import { join, relative } from 'node:path';
import { type DataPlane, startDataPlane } from '../data-plane.ts';
import type { LiveLine } from '../live-line.ts';
import { EndlessLoad } from '../load/endless-load.ts';
import { figuresOf, figuresText } from '../load/figures.ts';
import { repositoryRoot } from '../paths.ts';
import type { Attach, Attachment } from '../up.ts';
import { stagedTask, writeEnvironmentFile } from './environment-file.ts';
import { leaveNote } from './note.ts';
import { releaseInputs } from './release-inputs.ts';
import { appImage, appNamespace, installApp } from './sample-app.ts';

export interface TrafficOptions {
  readonly scrapeIntervalSeconds: number;
  readonly ratePerSecond: number;
}

/** How often the figures are told in place on a terminal; elsewhere one line in five stays. */
const tellEveryMs = 2_000;
const ticksPerLine = 5;
const figuresOverMs = 10_000;
/** The record of a load is up to this old. */
const recordAgeMs = 200;

/** Users for a cluster: the data plane, the sample app, requests without an end, and a line that says what users get. */
export function traffic(options: TrafficOptions): Attach {
  return async (cluster, screen, home) => {
    const { scrapeIntervalSeconds } = options;
    const run = join(home, 'run');
    const data = await startDataPlane({
      kubeconfigPath: cluster.emissaryKubeconfigPath,
      dir: join(run, 'data-plane'),
      scrapeIntervalSeconds,
      log: line => screen.print(line),
    });
    try {
      await installApp(cluster.client, data.url);
      const { url, prometheusUrl } = data;
      const { kubeconfigPath } = cluster;
      await leaveNote({ kubeconfigPath, url, prometheusUrl, scrapeIntervalSeconds }, home);
      const environmentFile = join(run, 'release.env');
      const inputs = releaseInputs(prometheusUrl, scrapeIntervalSeconds);
      await writeEnvironmentFile(environmentFile, cluster, inputs, join(run, 'agent'));
      return watched(data, screen, options, environmentFile);
    } catch (error) {
      await data.stop();
      throw error;
    }
  };
}

function watched(
  data: DataPlane,
  screen: LiveLine,
  { ratePerSecond, scrapeIntervalSeconds }: TrafficOptions,
  environmentFile: string,
): Attachment {
  const load = EndlessLoad.start({ url: data.url, ratePerSecond }, error => screen.print(error.message));
  const began = Date.now();
  let telling: NodeJS.Timeout | undefined;
  let ticks = 0;
  const tell = () => {
    if (!screen.isLive && ticks++ % ticksPerLine !== 0) return;
    const now = Date.now() - recordAgeMs;
    const figures = figuresOf(load.record, now, Math.min(figuresOverMs, now - began));
    screen.show(`${new Date().toLocaleTimeString('en-GB')}  ${figuresText(figures, load.failed)}`);
  };
  const step = join(stagedTask, 'main.js');
  return {
    lines: [
      `  App, through Envoy   ${data.url}   (${ratePerSecond} requests a second; namespace ${appNamespace})`,
      `  Prometheus           ${data.prometheusUrl}   (scrapes every ${scrapeIntervalSeconds} s)`,
      `  Envoy's admin        ${data.envoyAdminUrl}`,
      `  Emissary's diag      ${data.diagUrl}/ambassador/v0/diag/?json=true`,
      '',
      '  Release against it, from another terminal:',
      '  npm run demo:rig     # a good version, then a bad one; -- --scenario <name> for one of them',
      '',
      '  or by hand, with what the agent would hand to the step (npm run build makes the step):',
      `  INPUT_CONTAINERS=${appImage}:1.1.0 \\`,
      `    node --env-file=${relative(repositoryRoot, environmentFile)} ${step}`,
      '',
    ],
    begin: () => {
      telling = setInterval(tell, tellEveryMs);
    },
    stop: async () => {
      clearInterval(telling);
      await load.stop();
      await data.stop();
    },
  };
}
