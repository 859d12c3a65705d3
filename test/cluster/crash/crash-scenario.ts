import { isDeepStrictEqual } from 'node:util';
import { serviceAccountEndpoint } from '../../agent/endpoints.ts';
import type { JobOptions, JobResult } from '../../agent/test-agent.ts';
import { type AppOptions, asPromoted, type Shop } from '../world.ts';
import type { NumberingProxy } from './numbering-proxy.ts';

/** A release that is interrupted: of a version that is good, or of one that fails at the first weight. */
export interface CrashScenario {
  readonly name: 'happy' | 'failing';
  readonly change: AppOptions;
  /** How it may end by itself. */
  readonly outcomes: readonly string[];
}

export const happy: CrashScenario = {
  name: 'happy',
  change: { version: '2.0.0' },
  outcomes: ['promoted', 'unchanged'],
};

export const failing: CrashScenario = {
  name: 'failing',
  change: { version: '2.0.0', env: { SUCCESS_RATE: '40' } },
  outcomes: ['rolled-back'],
};

const inputs = {
  weights: '30, 60',
  pause: '3s',
  drain: '2s',
  interval: '1s',
  minimumRequests: '5',
  rolloutTimeout: '60s',
};

/** The scenario as a job whose step and post-job entry ask the API server through the proxy. */
export function releaseThrough(
  proxy: NumberingProxy,
  shop: Shop,
  { change }: CrashScenario,
  job: Partial<JobOptions> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<JobResult> {
  const token = shop.world.cluster.adminToken;
  const connection = serviceAccountEndpoint({ server: proxy.url, token, certificate: proxy.caPem });
  return shop.release(
    change,
    { ...inputs, kubernetesServiceConnection: connection.id, ...more },
    { ...job, endpoints: [connection], timeLimit: 240_000 },
  );
}

type State = Record<string, unknown>;

/** What may be there once nobody is at work any more, and what must be there in the end. */
export function endsOf(
  { name }: CrashScenario,
  before: State,
): { readonly right: State; readonly clean: readonly State[] } {
  if (name === 'failing') return { right: before, clean: [before] };
  const right = asPromoted(before);
  return { right, clean: [before, right] };
}

/** By kind and name what is otherwise than in any of these, compared with the one that is nearest. */
export function differences(found: State, ends: readonly State[]): readonly string[] {
  return ends.map(end => differencesTo(end, found)).sort((a, b) => a.length - b.length)[0] ?? [];
}

function differencesTo(expected: State, found: State): readonly string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  const plain = (value: unknown): unknown =>
    value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  return [...names].filter(name => !isDeepStrictEqual(plain(found[name]), plain(expected[name])));
}

/** All that the two entries wrote. */
export function logOf({ main, postJob }: JobResult): string {
  return [...main.lines, main.stderr, ...(postJob?.lines ?? []), postJob?.stderr ?? ''].join('\n');
}
