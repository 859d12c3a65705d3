import { isDeepStrictEqual } from 'node:util';
import { serviceAccountEndpoint } from '../../agent/endpoints.ts';
import type { JobOptions, JobResult, RunningStep } from '../../agent/test-agent.ts';
import { type AppOptions, asPromoted, type Shop, type World } from '../world.ts';
import { type Interruption, interfere } from './interruption.ts';
import { type NumberedRequest, NumberingProxy } from './numbering-proxy.ts';

/** A release that is interrupted: of a version that is good, or of one that fails at the first weight. */
export interface CrashScenario {
  readonly name: 'happy' | 'failing';
  readonly change: AppOptions;
}

export const crashScenarios: readonly CrashScenario[] = [
  { name: 'happy', change: { version: '2.0.0' } },
  { name: 'failing', change: { version: '2.0.0', env: { SUCCESS_RATE: '40' } } },
];

/** What came of one interrupted release, once it was run again. */
export interface CrashResult {
  readonly scenario: CrashScenario['name'];
  readonly interruption: Interruption;
  readonly request: NumberedRequest | undefined;
  /** The end is exactly the promoted state, or exactly the one before. */
  readonly right: boolean;
  /** What is otherwise than it must be, by kind and name. */
  readonly leftovers: readonly string[];
  /** Requests of users that no version of the app answered. */
  readonly misrouted: number;
  /** The log of each run, for a point that went wrong. */
  readonly logs: readonly string[];
}

const inputs = {
  weights: '30, 60',
  pause: '3s',
  drain: '2s',
  interval: '1s',
  minimumRequests: '5',
  rolloutTimeout: '60s',
};
const requestsPerSecond = 20;
/** The lost run is of one pipeline run, the next of another. */
const nextRun = { 'Build.BuildId': '77' };

/** How many requests a release makes when nothing interrupts it, from its first to its last. */
export async function requestsOf(world: World, namespace: string, scenario: CrashScenario): Promise<number> {
  const shop = await world.shop(namespace, { replicas: 2 });
  const proxy = await NumberingProxy.start(world.cluster);
  const load = shop.load(requestsPerSecond);
  try {
    const { main } = await releaseThrough(proxy, shop, scenario);
    const expected = scenario.name === 'happy' ? 'promoted' : 'rolled-back';
    if (main.outputVariables.outcome === expected) return proxy.requests.length;
    throw new Error(`without an interruption it is not ${expected}:\n${main.lines.join('\n')}`);
  } finally {
    await load.stop();
    await proxy.stop();
    await remove(shop);
  }
}

/** Interrupts a release at its request with this number, runs it again, and looks at what is there then. */
export async function crashAt(
  world: World,
  namespace: string,
  scenario: CrashScenario,
  interruption: Interruption,
  number: number,
): Promise<CrashResult> {
  const shop = await world.shop(namespace, { replicas: 2 });
  const proxy = await NumberingProxy.start(world.cluster);
  const load = shop.load(requestsPerSecond, 300_000);
  const logs: string[] = [];
  let request: NumberedRequest | undefined;
  try {
    const before = await shop.everything();
    logs.push(...(await interrupted(proxy, shop, scenario, interruption, number)));
    request = proxy.requests[number - 1];
    proxy.interference = {};
    const again = await releaseThrough(proxy, shop, scenario, { variables: nextRun });
    logs.push(logOf(again));
    const leftovers = differences(
      await shop.everything(),
      scenario.name === 'happy' ? asPromoted(before) : before,
    );
    const misrouted = (await load.stop()).failed().filter(({ version }) => version === undefined).length;
    const right = leftovers.length === 0;
    const name = scenario.name;
    return {
      scenario: name,
      interruption,
      request,
      right,
      leftovers,
      misrouted,
      logs: right && misrouted === 0 ? [] : logs,
    };
  } finally {
    await load.stop();
    await proxy.stop();
    await remove(shop);
  }
}

async function interrupted(
  proxy: NumberingProxy,
  shop: Shop,
  scenario: CrashScenario,
  interruption: Interruption,
  number: number,
): Promise<string[]> {
  const lines: string[] = [];
  const isLost = interruption.startsWith('kill');
  let tell: (step: RunningStep) => void = () => {};
  const step = new Promise<RunningStep>(started => {
    tell = started;
  });
  proxy.interference = interfere(interruption, number, step);
  try {
    const job = await releaseThrough(proxy, shop, scenario, {
      during: step => tell(step),
      onLine: line => lines.push(line),
      // With the agent goes the post-job entry.
      afterMain: ({ signal }) => {
        if (isLost && signal !== null) throw new AgentLost();
      },
    });
    return [logOf(job)];
  } catch (thrown) {
    if (thrown instanceof AgentLost) return [lines.join('\n')];
    throw thrown;
  }
}

class AgentLost extends Error {}

function releaseThrough(
  proxy: NumberingProxy,
  shop: Shop,
  { change }: CrashScenario,
  job: Partial<JobOptions> = {},
): Promise<JobResult> {
  const token = shop.world.cluster.adminToken;
  const connection = serviceAccountEndpoint({ server: proxy.url, token, certificate: proxy.caPem });
  return shop.release(
    change,
    { ...inputs, kubernetesServiceConnection: connection.id },
    { ...job, endpoints: [connection], timeLimit: 240_000 },
  );
}

function differences(found: Record<string, unknown>, expected: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  const plain = (value: unknown): unknown =>
    value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  return [...names].filter(name => !isDeepStrictEqual(plain(found[name]), plain(expected[name])));
}

function logOf({ main, postJob }: JobResult): string {
  return [...main.lines, main.stderr, ...(postJob?.lines ?? []), postJob?.stderr ?? ''].join('\n');
}

/** Its pods would take memory from the points to come. */
async function remove(shop: Shop): Promise<void> {
  await shop.world.cluster.client.delete(`/api/v1/namespaces/${shop.namespace}`);
}
