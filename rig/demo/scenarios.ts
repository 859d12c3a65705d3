/** One release of the sample app on the rig, and how it has to end. */
export interface Scenario {
  /** What a viewer is told before, of the version that serves and of the new one. */
  title(stable: string, next: string): string;
  /** What the new version's manifest says otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /** Inputs besides those that all have. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Nobody calls the app meanwhile. */
  readonly isQuiet?: boolean;
  readonly outcome: 'promoted' | 'rolled-back';
}

export const scenarioNames = ['happy', 'errors', 'slow', 'never-ready', 'no-traffic'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  happy: {
    title: (stable, next) => `A good version: ${next} takes over from ${stable}`,
    outcome: 'promoted',
  },
  errors: {
    title: (_, next) => `A bad version: three in ten requests to ${next} fail`,
    env: { SUCCESS_RATE: '70' },
    outcome: 'rolled-back',
  },
  slow: {
    title: (_, next) => `A slow version: ${next} takes 700 ms to answer, where 500 ms are the limit`,
    env: { DELAY_MS: '700' },
    inputs: { latency: 'p95<500ms' },
    outcome: 'rolled-back',
  },
  'never-ready': {
    title: (_, next) => `A version that does not get ready: ${next} listens where nobody calls`,
    env: { PORT: '9090' },
    inputs: { rolloutTimeout: '15s' },
    outcome: 'rolled-back',
  },
  'no-traffic': {
    title: (_, next) => `A version that nobody calls: whether ${next} is good can't be told`,
    isQuiet: true,
    outcome: 'rolled-back',
  },
};
