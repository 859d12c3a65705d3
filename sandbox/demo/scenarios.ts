import { at } from '../objects.ts';
import type { Sandbox } from '../sandbox.ts';

/** One release of the sample app, and how it has to end. */
export interface Scenario {
  /** What a viewer is told before. */
  readonly title: string;
  readonly version: string;
  /** What the new version's manifest says otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /** Inputs besides those that all have. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** What goes wrong around it while the release runs. */
  readonly trouble?: (sandbox: Sandbox) => Promise<void>;
  readonly outcome: 'promoted' | 'rolled-back';
}

export const scenarioNames = ['happy', 'errors', 'slow', 'no-data', 'never-ready'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  happy: {
    title: 'A good version: 1.1.0 takes over from 1.0.0',
    version: '1.1.0',
    outcome: 'promoted',
  },
  errors: {
    title: 'A bad version: one in eight requests to 1.2.0 fails',
    version: '1.2.0',
    env: { SUCCESS_RATE: '87.5' },
    outcome: 'rolled-back',
  },
  slow: {
    title:
      'A slow version: 1.2.0 takes 700 ms, which Envoy counts as between 500 ms and 1 s; the limit is 500 ms',
    version: '1.2.0',
    env: { DELAY_MS: '700' },
    inputs: { latency: 'p95<500ms' },
    outcome: 'rolled-back',
  },
  'no-data': {
    title: 'A blind release: once 1.2.0 has users, Prometheus no longer reaches Emissary',
    version: '1.2.0',
    trouble: async sandbox => {
      await sandbox.state.until(() => canaryWeight(sandbox) > 0, 60_000);
      sandbox.prometheus.reachesTargets = false;
    },
    outcome: 'rolled-back',
  },
  'never-ready': {
    title: 'A version that does not start: the pods of 1.2.0 never get ready',
    version: '1.2.0-never-ready',
    inputs: { rolloutTimeout: '5s' },
    outcome: 'rolled-back',
  },
};

function canaryWeight({ state }: Sandbox): number {
  const mappings = state.list('getambassador.io/v3alpha1', 'Mapping');
  return Math.max(0, ...mappings.map(mapping => Number(at(mapping, 'spec', 'weight') ?? 0)));
}
