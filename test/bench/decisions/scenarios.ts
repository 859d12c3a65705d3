/** A share of bad requests at a time, in seconds since the first weight (before it: negative). */
export type ShareAt = (seconds: number) => number;

/** A service, and what is wrong with the new version or not. */
export interface Scenario {
  readonly name: string;
  /** The new version is no worse, so that taking it back is a false alarm. */
  readonly good: boolean;
  /** Bad requests depend on each other, so that a naive test is too sure. */
  readonly bursty: boolean;
  readonly requestsPerSecond: number;
  readonly errors: { readonly stable: ShareAt; readonly canary: ShareAt };
  /** Requests that take longer than the bucket of stable's p95. */
  readonly slow: { readonly stable: ShareAt; readonly canary: ShareAt };
  /** How many requests of a version fail in a row; 1 for each by itself. */
  readonly errorBurst: number;
  readonly slowBurst: number;
  /** What hurts: the failed requests, or the slow ones. */
  readonly harm: 'errors' | 'slow';
  readonly weights: readonly number[];
  readonly pauseSeconds: number;
  /** Whether Prometheus knows what stable did before. */
  readonly hasPast: boolean;
}

const always =
  (share: number): ShareAt =>
  () =>
    share;
const percent = (share: number) => always(share / 100);

/** A good release of 50 requests a second that fail one by one, 5, 10, 25, 50 % for five minutes each (facts/judging.md). */
function scenario(name: string, errors: Scenario['errors'], changes: Partial<Scenario> = {}): Scenario {
  return {
    name,
    good: true,
    bursty: false,
    requestsPerSecond: 50,
    errors,
    slow: { stable: percent(4), canary: percent(4) },
    errorBurst: 1,
    slowBurst: 1,
    harm: 'errors',
    weights: [5, 10, 25, 50],
    pauseSeconds: 300,
    hasPast: true,
    ...changes,
  };
}

const same = (share: number) => ({ stable: percent(share), canary: percent(share) });
const shift = (stable: number, canary: number) => ({ stable: percent(stable), canary: percent(canary) });
const both = (share: ShareAt) => ({ stable: share, canary: share });
const burst = (errorBurst: number) => ({ errorBurst, bursty: true });
const bad = { good: false };
const rate = (requestsPerSecond: number) => ({ requestsPerSecond });

/** Both fail 30 times as often for two minutes: what is behind them is down. */
const outage: ShareAt = seconds => (seconds >= 400 && seconds < 520 ? 0.06 : 0.002);
/** Both go from 0.2 % to 2 % over the release. */
const drift: ShareAt = seconds => 0.002 + 0.018 * Math.min(1, Math.max(0, seconds / 1200));
/** Its caches are cold for the first 45 s of its life. */
const cold: ShareAt = seconds => (seconds < 45 ? 0.4 : 0.04);
const slowFor = { weights: [25, 50], pauseSeconds: 1800 };

/** The rows of facts/judging.md, in its order. */
export const factScenarios: readonly Scenario[] = [
  scenario('good, 50/s, 0.8 % errors', same(0.8)),
  scenario('good, 50/s, 0.2 % in bursts of 10', same(0.2), burst(10)),
  scenario('good, 50/s, 0.8 % in bursts of 10', same(0.8), burst(10)),
  scenario('good, 5/s, 0.5 % in bursts of 5', same(0.5), { ...rate(5), ...burst(5) }),
  scenario('good, both fail × 30 for two minutes', both(outage)),
  scenario('bad × 4, 50/s, 0.2 → 0.8 %', shift(0.2, 0.8), bad),
  scenario('bad × 4, 50/s, 0.2 → 0.8 % in bursts of 10', shift(0.2, 0.8), { ...bad, ...burst(10) }),
  scenario('bad + 5 %, 50/s, 0.2 → 5 %', shift(0.2, 5), bad),
  scenario('bad + 5 %, 50/s, 0.2 → 5 % in bursts of 10', shift(0.2, 5), { ...bad, ...burst(10) }),
  scenario('bad + 30 %, 1/s, 0.2 → 30 %', shift(0.2, 30), { ...bad, ...rate(1) }),
  scenario('bad + 30 %, 500/s, 0.2 → 30 %', shift(0.2, 30), { ...bad, ...rate(500) }),
  scenario('bad × 1.5, 500/s, 0.2 → 0.3 %', shift(0.2, 0.3), { ...bad, ...rate(500) }),
];

export const scenarios: readonly Scenario[] = [
  ...factScenarios,
  scenario('good, 50/s, 0.2 % errors', same(0.2)),
  scenario('good, 500/s, 0.5 % errors', same(0.5), rate(500)),
  scenario('good, 0.2/s, 0.5 % errors, half an hour at 25 and 50 % each', same(0.5), {
    ...rate(0.2),
    ...slowFor,
  }),
  scenario('good, both drift from 0.2 to 2 % errors', both(drift)),
  scenario('good, both fail 3 % all the time', same(3)),
  scenario('good, slow requests in bursts of 20', same(0.2), { slowBurst: 20, bursty: true }),
  scenario('good, slow start: ten times the slow requests for 45 s', same(0.2), {
    slow: { stable: percent(4), canary: cold },
    bursty: true,
  }),
  scenario('good, 50/s, 0.5 % in bursts of 10, nothing known of before', same(0.5), {
    ...burst(10),
    hasPast: false,
  }),
  scenario('bad × 4, 5/s, 0.5 → 2 %', shift(0.5, 2), { ...bad, ...rate(5) }),
  scenario('bad × 4, 500/s, 0.2 → 0.8 %', shift(0.2, 0.8), { ...bad, ...rate(500) }),
  scenario('bad + 30 %, 0.2/s, half an hour at 25 and 50 % each', shift(0.5, 30), {
    ...bad,
    ...rate(0.2),
    ...slowFor,
  }),
  scenario('bad + 5 %, while both drift', { stable: drift, canary: at => drift(at) + 0.05 }, bad),
  scenario('bad, 50/s, slow requests 4 → 20 %', same(0.2), {
    ...bad,
    slow: shift(4, 20),
    harm: 'slow',
  }),
  scenario('bad, 5/s, slow requests 4 → 12 %', same(0.2), {
    ...bad,
    ...rate(5),
    slow: shift(4, 12),
    harm: 'slow',
  }),
];
