import { join } from 'node:path';
import { writeManifests } from '../../sandbox/demo/manifests.ts';
import { lastReports } from '../../sandbox/demo/report-page.ts';
import { releaseLabel } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { runJob } from '../../test/agent/test-agent.ts';
import { repositoryRoot } from '../paths.ts';
import { stagedTask } from '../traffic/environment-file.ts';
import { releaseInputs } from '../traffic/release-inputs.ts';
import { appImage, appNamespace, stableVersion } from '../traffic/sample-app.ts';
import type { DemoRig } from './demo-rig.ts';
import type { Scenario } from './scenarios.ts';

export interface ReleaseOptions {
  readonly scenario: Scenario;
  readonly version: string;
  readonly rig: DemoRig;
  /** For manifests; exists. */
  readonly folder: string;
  readonly onLine: (line: string) => void;
  /** Cancels the step, as the agent does when somebody cancels the run. */
  readonly cancelled: AbortSignal;
}

/** Slow scrapes make long steps; beyond this a release hangs. */
const timeLimit = 15 * 60_000;

/** What came of a release. */
export interface Released {
  /** What is not as it must be afterwards. */
  readonly differences: readonly string[];
  /** Its report, in JSON. */
  readonly reports: readonly string[];
}

/** Runs the built step on the sample app, as the agent would. */
export async function release(options: ReleaseOptions): Promise<Released> {
  const { scenario, version, rig, folder, onLine, cancelled } = options;
  const before = await stableVersion(rig.client);
  const manifests = join(folder, version);
  await writeManifests(manifests, scenario.env ?? {});
  const job = await runJob({
    nodePath: process.execPath,
    taskDir: join(repositoryRoot, stagedTask),
    inputs: {
      ...releaseInputs(rig.prometheusUrl, rig.scrapeIntervalSeconds),
      kubernetesServiceConnection: rig.connection.name,
      manifests,
      containers: `${appImage}:${version}`,
      ...scenario.inputs,
    },
    endpoints: [rig.connection],
    timeLimit,
    onLine,
    during: step => {
      cancelled.addEventListener('abort', () => void step.cancel(), { once: true });
    },
  });
  const { outcome = 'none' } = job.main.outputVariables;
  const expected = scenario.outcome === 'promoted' ? version : before;
  const differences = [
    ...differs('outcome', outcome, scenario.outcome),
    ...differs('version that serves', await stableVersion(rig.client), expected),
    ...(await leftOver(rig)),
  ];
  return {
    differences,
    reports: lastReports([...job.main.attachments, ...(job.postJob?.attachments ?? [])]),
  };
}

function differs(what: string, found: string, expected: string): string[] {
  return found === expected ? [] : [`${what}: expected ${expected}, found ${found}`];
}

/** Objects that only a running release has. */
async function leftOver({ client }: DemoRig): Promise<string[]> {
  const collections = [
    `/apis/apps/v1/namespaces/${appNamespace}/deployments`,
    `/api/v1/namespaces/${appNamespace}/services`,
    `/apis/getambassador.io/v3alpha1/namespaces/${appNamespace}/mappings`,
  ];
  const lists = await Promise.all(
    collections.map(path => client.list(`${path}?labelSelector=${encodeURIComponent(releaseLabel)}`)),
  );
  return lists.flatMap(({ items }, index) =>
    items.map(({ metadata }) => `left over: ${collections[index]?.split('/').at(-1)} ${metadata.name}`),
  );
}
