import type {
  Report,
  ReportCheck,
  ReportPoint,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';

const began = Date.UTC(2026, 10, 21, 3, 2, 7);
const at = (seconds: number) => new Date(began + seconds * 1_000).toISOString();

/** A release that was promoted after 5 %, 25 % and 50 %, a minute at each. */
export function promoted(change: Partial<Report> = {}): Report {
  const steps = [5, 25, 50].map((weightAsked, index) => ({
    index,
    weightAsked,
    weightSeen: weightAsked * 0.98,
    plannedSeconds: 60,
    startedAt: at(20 + index * 60),
    lastedSeconds: 60,
    verdict: 'pass' as const,
    requests: 300 * weightAsked,
    failed: weightAsked > 5 ? 3 : 0,
    answers: [
      { check: 'success-rate', verdict: 'pass' as const, text: '99.83 %', limit: '≥ 99 %' },
      { check: 'latency', verdict: 'pass' as const, text: '212 ms', limit: '≤ 500 ms' },
    ],
  }));
  return {
    version: 1,
    id: 'release-1',
    revision: 7,
    tool: { name: 'AmbassadorCanary', version: '0.1.0' },
    run: {
      title: 'Shop 20261121.3, stage deploy',
      url: 'https://dev.example.com/shop/_build/results?buildId=42',
      stage: 'deploy',
      job: 'canary',
      attempt: 1,
    },
    release: {
      action: 'run',
      name: 'sample-app',
      namespace: 'shop',
      kind: 'canary',
      targets: ['Deployment shop/sample-app'],
      images: ['registry.example.com/sample-app:1.1.0'],
    },
    startedAt: at(0),
    updatedAt: at(240),
    state: 'ended',
    endedAt: at(240),
    outcome: 'promoted',
    result: 'success',
    verdict: 'Promoted: sample-app passed 50 %',
    weight: 0,
    length: { plannedSeconds: 210, worstSeconds: 480, timeoutInMinutes: 8 },
    steps,
    checks: [
      checkOf('success-rate', '%', 99, 30, index => 99.6 + 0.3 * Math.sin(index)),
      checkOf('latency', 'ms', 500, 30, index => 210 + 20 * Math.cos(index)),
    ],
    timeline: [
      { at: at(0), kind: 'phase', text: 'Starting the canary, without traffic' },
      { at: at(1), kind: 'applied', text: 'Deployment shop/sample-app-canary' },
      { at: at(20), kind: 'weight', text: '5 % of the requests go to the canary', weight: 5 },
      { at: at(240), kind: 'ended', text: 'Promoted: sample-app passed 50 %', weight: 0 },
    ],
    timelineLeftOut: 0,
    users: { requests: 24000, failed: 6 },
    issues: [],
    leftovers: [],
    links: [
      {
        kind: 'run',
        text: 'The log of this job',
        url: 'https://dev.example.com/shop/_build/results?buildId=42',
      },
    ],
    ...change,
  };
}

/** One that was taken back at 5 %, because of its success rate. */
export function rolledBack(change: Partial<Report> = {}): Report {
  const good = promoted();
  const [first, ...others] = good.steps;
  return promoted({
    id: 'release-2',
    endedAt: at(60),
    updatedAt: at(60),
    outcome: 'rolled-back',
    result: 'failure',
    failedStep: '5 %',
    failedCheck: 'success-rate',
    verdict: 'Rolled back: At 5 %: success-rate 91.3 % (limit ≥ 99 %)',
    steps: [
      {
        ...(first ?? fail()),
        lastedSeconds: 12,
        verdict: 'fail',
        failed: 130,
        answers: [
          {
            check: 'success-rate',
            verdict: 'fail',
            text: '91.3 %',
            limit: '≥ 99 %',
            detail: '130 of 1 500 failed',
          },
        ],
      },
      ...others.map(({ index, weightAsked, plannedSeconds }) => ({
        index,
        weightAsked,
        plannedSeconds,
        verdict: 'planned' as const,
        answers: [],
      })),
    ],
    checks: [
      checkOf('latency', 'ms', 500, 4, () => 210),
      checkOf('success-rate', '%', 99, 4, index => 99 - 2.5 * index),
    ],
    users: { requests: 1500, failed: 130 },
    issues: [{ kind: 'warning', text: 'The split was not seen yet' }],
    leftovers: ['Service sample-app-canary is still there'],
    ...change,
  });
}

/** One that is at 25 % now. */
export function running(change: Partial<Report> = {}): Report {
  const { endedAt: _, outcome: _outcome, result: _result, ...rest } = promoted();
  const [first, second, third] = rest.steps;
  const { lastedSeconds: _lasted, ...current } = second ?? fail();
  return {
    ...rest,
    id: 'release-3',
    revision: 3,
    state: 'running',
    weight: 25,
    updatedAt: at(100),
    verdict: 'At 25 %, step 2 of 3',
    steps: [
      first ?? fail(),
      { ...current, verdict: 'running' },
      {
        index: 2,
        weightAsked: third?.weightAsked ?? 50,
        plannedSeconds: 60,
        verdict: 'planned',
        answers: [],
      },
    ],
    ...change,
  };
}

/** A check with this many measurements, spread over three minutes. */
export function checkOf(
  name: string,
  unit: ReportCheck['unit'],
  limit: number,
  count: number,
  valueAt: (index: number) => number,
): ReportCheck {
  const isGood = (value: number) => (unit === '%' ? value >= limit : value <= limit);
  return {
    name,
    unit,
    limit: unit === '%' ? `≥ ${limit} %` : `≤ ${limit} ms`,
    query: `sum(rate(${name.replace('-', '_')}[1m]))`,
    url: 'https://prometheus.example.com/graph?g0.expr=x',
    points: Array.from({ length: count }, (_, index): ReportPoint => {
      const seconds = 24 + (index * 172) / Math.max(1, count - 1);
      const value = valueAt(index);
      return {
        at: at(seconds),
        weight: [5, 25, 50][Math.min(2, Math.floor((seconds - 20) / 60))] ?? 50,
        verdict: isGood(value) ? 'pass' : 'fail',
        text: `${Math.round(value * 100) / 100} ${unit}`,
        value,
        limit,
        stable: unit === '%' ? 99.9 : 200,
        requests: 40 * (index + 1),
        failed: 1,
      };
    }),
    pointsLeftOut: 0,
  };
}

function fail(): never {
  throw new Error('the sample has no such step');
}
