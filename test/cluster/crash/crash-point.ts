import { patchType } from '../../../rig/kube-client.ts';
import type { Answer } from '../../../rig/load/load.ts';
import type { JobResult } from '../../agent/test-agent.ts';
import { WeightLog } from '../weight-log.ts';
import type { Shop, World } from '../world.ts';
import { type CrashScenario, differences, endsOf, logOf, releaseThrough } from './crash-scenario.ts';
import { interruptedRun } from './interrupted-run.ts';
import { type Interruption, isRace, losesAgent, type Where } from './interruption.ts';
import { isWrite, type NumberedRequest, NumberingProxy } from './numbering-proxy.ts';
import { nextRun, Rival } from './rival.ts';
import { type StopTime, stopTime } from './stop-time.ts';

/** What is interrupted, how, and where. */
export interface CrashPoint {
  readonly scenario: CrashScenario;
  readonly interruption: Interruption;
  readonly where: Where;
}

/** What came of one interrupted release, once it was run again. */
export interface CrashResult {
  readonly scenario: CrashScenario['name'];
  readonly interruption: Interruption;
  /** Absent where no such request came. */
  readonly request?: NumberedRequest;
  /** Every end was honest, and what was there then exactly the promoted state, or exactly the one before. */
  readonly right: boolean;
  /** What is otherwise than it must be: objects by kind and name, and runs that ended as they should not. */
  readonly leftovers: readonly string[];
  /** Requests of users that no version of the app answered. */
  readonly misrouted: number;
  readonly stop?: StopTime;
  /** The log of each run. */
  readonly logs: readonly string[];
}

const requestsPerSecond = 20;

/** All requests of a release that nothing interrupts. */
export async function requestsOf(
  world: World,
  namespace: string,
  scenario: CrashScenario,
): Promise<readonly NumberedRequest[]> {
  const shop = await world.shop(namespace, { replicas: 2 });
  const proxy = await NumberingProxy.start(world.cluster);
  const load = shop.load(requestsPerSecond);
  try {
    const { main } = await releaseThrough(proxy, shop, scenario);
    if (scenario.outcomes.includes(main.outputVariables.outcome ?? '')) return proxy.requests;
    throw new Error(
      `without an interruption it ends ${main.outputVariables.outcome}:\n${main.lines.join('\n')}`,
    );
  } finally {
    await load.stop();
    await proxy.stop();
    await remove(shop);
  }
}

/**
 * Interrupts a release, and looks at what is there: once all its processes have ended, the guard's too, and once it was run again. After
 * a race nothing has to be run again.
 */
export async function crashAt(world: World, namespace: string, point: CrashPoint): Promise<CrashResult> {
  const { scenario, interruption } = point;
  const shop = await world.shop(namespace, { replicas: 2 });
  const proxy = await NumberingProxy.start(world.cluster);
  const rival = await Rival.ready(shop, scenario, interruption);
  const load = shop.load(requestsPerSecond, 300_000);
  const weights = new WeightLog(shop);
  try {
    const ends = endsOf(scenario, await shop.everything());
    const first = await interruptedRun(proxy, shop, scenario, { ...point, rival });
    proxy.interference = {};
    const logs = [first.log];
    if (first.request === undefined) logs.push(writesIn(proxy.requests));
    const wrong: string[] = [];
    const over = Date.now();
    if (isRace(interruption)) {
      const other = await rival.job;
      if (other !== undefined) logs.push(logOf(other));
      wrong.push(...raceEnds(point, first.job, other), ...rival.writesBesides(proxy.requests));
    } else {
      if (losesAgent(interruption)) await shortenLock(shop);
      else {
        const found = differences(await shop.everything(), ends.clean);
        wrong.push(...found.map(name => `${name} before the next run`));
      }
      const again = await releaseThrough(proxy, shop, scenario, { variables: nextRun });
      logs.push(logOf(again));
      if (!endsByItself(scenario, again)) wrong.push(`the next run ended ${again.main.resultText}`);
    }
    wrong.push(...differences(await shop.everything(), [ends.right]));
    const users = await load.stop();
    // What the app alone has lost before the step asked anything is no work of the step.
    const began = proxy.requests[0]?.at ?? 0;
    const lost = users
      .failed()
      .filter(({ version, intendedAt }) => version === undefined && intendedAt >= began);
    if (lost.length > 0) logs.push(lostLines(lost));
    const stop = stopTime(first.reason, weights, users, isRace(interruption) ? Date.now() : over);
    return {
      scenario: scenario.name,
      interruption,
      ...(first.request && { request: first.request }),
      right: wrong.length === 0,
      leftovers: wrong,
      misrouted: lost.length,
      ...(stop && { stop }),
      logs,
    };
  } finally {
    weights.stop();
    await load.stop();
    await rival.stop();
    await proxy.stop();
    await remove(shop);
  }
}

function endsByItself({ outcomes }: CrashScenario, { main }: JobResult): boolean {
  return outcomes.includes(main.outputVariables.outcome ?? '');
}

const yields = /LOCKED|LOCK_LOST|Another run has taken over/;

/** Each of the two runs must come to an end of its own or say that the other has the lock, and one must come to an end. */
function raceEnds(
  { scenario, interruption }: CrashPoint,
  first: JobResult | undefined,
  other: JobResult | undefined,
): readonly string[] {
  const odd = Object.entries({ first, other }).flatMap(([who, job]) => {
    if (job === undefined || endsByItself(scenario, job)) return [];
    // Who waits for the lock gets it.
    const mayYield = who === 'first' || interruption !== 'race waiting';
    const text = job.main.resultText;
    return mayYield && yields.test(text) ? [] : [`the ${who} run ended ${text}`];
  });
  const ended = [first, other].some(job => job !== undefined && endsByItself(scenario, job));
  return ended ? odd : [...odd, 'no run came to an end'];
}

/** Where else it could have been interrupted. */
function writesIn(requests: readonly NumberedRequest[]): string {
  return requests
    .filter(isWrite)
    .map(({ number, method, path, status }) => `${number} ${method} ${path} ${status}`)
    .join('\n');
}

function lostLines(lost: readonly Answer[]): string {
  const told = lost.map(
    ({ intendedAt, latencyMs, status, error }) =>
      `lost at ${new Date(intendedAt).toISOString()} after ${Math.round(latencyMs)} ms: ${[status, error].filter(Boolean).join(' ')}`,
  );
  return told.join('\n');
}

/** Nobody needs to wait for half a minute, at each point, for a lock whose holder is dead for sure. */
async function shortenLock({ world: { cluster }, namespace }: Shop): Promise<void> {
  const locks = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const { items } = await cluster.client.list(locks);
  const body = { spec: { leaseDurationSeconds: 1 } };
  for (const { metadata } of items) {
    await cluster.client.patch(`${locks}/${metadata.name}`, body, patchType.merge);
  }
}

/** Its pods would take memory from the points to come, and its routes time. The namespace itself costs more to remove than to keep. */
async function remove({ world: { cluster }, namespace }: Shop): Promise<void> {
  for (const [api, plural] of [
    ['apis/getambassador.io/v3alpha1', 'mappings'],
    ['apis/apps/v1', 'deployments'],
    ['api/v1', 'services'],
  ]) {
    await cluster.client.delete(`/${api}/namespaces/${namespace}/${plural}`);
  }
}
