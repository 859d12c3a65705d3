import { join } from 'node:path';
import { staging, taskFolder } from '../../scripts/layout.ts';
import { releaseLabel } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { kubeconfigEndpoint } from '../../test/agent/endpoints.ts';
import { runJob } from '../../test/agent/test-agent.ts';
import { at, objectsAt } from '../objects.ts';
import type { Sandbox } from '../sandbox.ts';
import { writeManifests } from './manifests.ts';
import { lastReports } from './report-page.ts';
import type { Scenario } from './scenarios.ts';

/** Where the demo's app lives. */
export const namespace = 'shop';

/** The built task. */
export const taskDir = join(staging, taskFolder);

const app = 'sample-app';

/** What every release of the demo is told: short steps, so that all of it takes less than a minute. */
const inputs = {
  namespace,
  kubernetesServiceConnection: 'sandbox',
  weights: '10, 25, 50',
  pause: '4s',
  interval: '1s',
  drain: '2s',
  rolloutTimeout: '20s',
};

export interface ReleaseOptions {
  readonly scenario: Scenario;
  readonly sandbox: Sandbox;
  /** For manifests; exists. */
  readonly folder: string;
  readonly onLine: (line: string) => void;
  /** Cancels the step, as the agent does when somebody cancels the run. */
  readonly cancelled: AbortSignal;
}

/** What came of a release. */
export interface Released {
  /** What is not as it must be afterwards. */
  readonly differences: readonly string[];
  /** Its report, in JSON. */
  readonly reports: readonly string[];
}

/** Runs the built step on the sample app, as an agent would. */
export async function release(options: ReleaseOptions): Promise<Released> {
  const { scenario, sandbox, folder, onLine, cancelled } = options;
  const before = runningVersion(sandbox);
  const manifests = join(folder, scenario.version);
  await writeManifests(manifests, scenario.env ?? {});
  const trouble = scenario.trouble?.(sandbox);
  const job = await runJob({
    nodePath: process.execPath,
    taskDir,
    inputs: {
      ...inputs,
      manifests,
      containers: `registry.example.com/${app}:${scenario.version}`,
      prometheus: sandbox.prometheusUrl,
      ...scenario.inputs,
    },
    endpoints: [kubeconfigEndpoint({ name: 'sandbox', kubeconfig: sandbox.kubeconfig })],
    onLine,
    during: step => {
      cancelled.addEventListener('abort', () => void step.cancel(), { once: true });
    },
  });
  await trouble;
  const { outcome = 'none' } = job.main.outputVariables;
  const expected = scenario.outcome === 'promoted' ? scenario.version : before;
  const differences = [
    ...differs('outcome', outcome, scenario.outcome),
    ...differs('version that serves', runningVersion(sandbox), expected),
    ...leftOver(sandbox),
  ];
  return {
    differences,
    reports: lastReports([...job.main.attachments, ...(job.postJob?.attachments ?? [])]),
  };
}

function differs(what: string, found: string, expected: string): string[] {
  return found === expected ? [] : [`${what}: expected ${expected}, found ${found}`];
}

function runningVersion({ state }: Sandbox): string {
  const deployment = state.get('apps/v1', 'Deployment', namespace, app);
  const [container] = objectsAt(deployment, 'spec', 'template', 'spec', 'containers');
  return String(container?.image).split(':').at(-1) ?? '';
}

/** Objects that only a running release has. */
function leftOver({ state }: Sandbox): string[] {
  const kinds = [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
    ['getambassador.io/v3alpha1', 'Mapping'],
  ] as const;
  return kinds
    .flatMap(([apiVersion, kind]) => state.list(apiVersion, kind, namespace))
    .filter(object => at(object, 'metadata', 'labels', releaseLabel) !== undefined)
    .map(({ kind, metadata }) => `left over: ${kind} ${metadata.name}`);
}
