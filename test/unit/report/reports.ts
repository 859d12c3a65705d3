import { readFileSync } from 'node:fs';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import type { Ending } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import {
  makeReport,
  type ReportFrame,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/make-report.ts';
import type { Report } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import { canaryPlan, passing } from '../release/doubles.ts';
import { violations } from './json-schema.ts';
import { journalOf } from './story.ts';

export const frame: ReportFrame = {
  id: 'a-report',
  revision: 1,
  version: '1.2.3',
  run: { title: 'Shop 20261121.3', url: 'https://dev.example.com/shop', attempt: 1 },
  action: 'run',
  startedAt: Date.UTC(2026, 10, 21, 3),
  now: Date.UTC(2026, 10, 21, 3, 10),
  links: [],
};

/** The report of these events. */
export function reportOf(...events: readonly ReleaseEvent[]): Report {
  return makeReport(journalOf(...events), frame);
}

const schema = JSON.parse(readFileSync(new URL('../../../docs/report.schema.json', import.meta.url), 'utf8'));

/** What of a report, as it is read from its file, is not as docs/report.schema.json says. */
export function faultsOf(report: Report): readonly string[] {
  return violations(schema, JSON.parse(JSON.stringify(report)));
}

const weight = Weight.of(10);
const step = { weight, pause: Duration.minutes(5) };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web-canary' };

export const measured = (measurement: Measurement): ReleaseEvent => ({
  type: 'measured',
  weight,
  elapsed: Duration.seconds(30),
  measurement,
});

export const begun: readonly ReleaseEvent[] = [
  { type: 'planned', plan: canaryPlan() },
  { type: 'phase', phase: 'starting' },
  { type: 'applied', object },
  { type: 'step-started', step, index: 0, of: 3 },
  { type: 'weight-set', weight, routes: 1 },
];

export const split: Measurement = {
  check: 'split',
  verdict: 'pass',
  value: '10 % asked, 9.8 % seen',
  brief: '9.8 %',
  reading: { unit: '%', value: 9.8, limit: 10 },
  actsAtOnce: true,
};
export const rate: Measurement = {
  ...passing,
  reading: { unit: '%', value: 99.9, limit: 99, stable: 99.95 },
  query: 'sum(rate(x[1m]))',
};

/** The end of a step and of its release. */
export const over = (ending: Partial<Ending> = {}): readonly ReleaseEvent[] => [
  {
    type: 'step-ended',
    index: 0,
    step,
    lasted: Duration.minutes(5),
    verdict: ending.outcome === 'rolled-back' ? 'fail' : 'pass',
    reason: '',
  },
  { type: 'stopped' },
  { type: 'counted', count: { requests: 1204, failed: 37 } },
  {
    type: 'ended',
    ending: { outcome: 'promoted', reason: 'web passed 10 %', weight: 0, leftovers: [], ...ending },
  },
];
