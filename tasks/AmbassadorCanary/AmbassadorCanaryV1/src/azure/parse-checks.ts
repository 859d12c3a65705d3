import { Duration } from '../release/duration.ts';
import type { Check, PrometheusAddress } from '../release/spec.ts';
import type { Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';
import { parseBoundedTime } from './parse-numbers.ts';
import { parsePrometheusAddress } from './parse-prometheus.ts';

/** The success rate that task.json sends when the user says nothing (a test compares them). */
export const defaultSuccessRate = '99';

/** Written out, for 99.9 / 100 is not 0.999. */
const quantiles = new Map([
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p99.9', 0.999],
]);

type Latency = Extract<Check, { kind: 'latency' }>;

export interface ParsedChecks {
  readonly checks: readonly Check[];
  readonly prometheus?: PrometheusAddress;
  /** What a reader of the log should know of the checks that are not made. */
  readonly notes: readonly string[];
}

/**
 * Reads which built-in checks are wanted, and where they ask. `prometheus: none` turns them off knowingly, also the
 * success rate that is on by default; one that was asked for by name contradicts it, as does a query of the user's own.
 */
export function parseChecks(inputs: Inputs, problems: InputProblems, hasOwnQueries = false): ParsedChecks {
  const successRate = parseSuccessRate(inputs.successRate, problems);
  const latency = parseLatency(inputs.latency, problems);
  if (inputs.trafficSplitMethod === 'pod') return withoutEmissary(inputs, problems, hasOwnQueries);
  if (inputs.prometheus === 'none') {
    refuseChecksWithoutPrometheus(inputs, problems);
    if (hasOwnQueries) refuseQueriesWithoutPrometheus(problems);
    return {
      checks: [],
      notes: ['prometheus is none: the requests of the canary are not checked, only that its pods are ready'],
    };
  }
  const isCompared = inputs.compareToStable !== 'false';
  const wanted = inputs.successRate !== 'none' || inputs.latency !== 'none' || isCompared;
  if (!wanted && !hasOwnQueries) {
    return {
      checks: [],
      notes: [
        'successRate and latency are none and compareToStable is false: the requests of the canary are not checked',
      ],
    };
  }
  const prometheus = parseAddress(inputs.prometheus, problems);
  const limits = [successRate, latency].filter(check => check !== undefined);
  const checks = [...limits, ...(isCompared ? comparisons(latency) : [])];
  return prometheus === undefined ? { checks, notes: [] } : { checks, prometheus, notes: [] };
}

/** Where pods split the traffic nobody counts their requests for us: only what the user asks is asked. */
function withoutEmissary(inputs: Inputs, problems: InputProblems, hasOwnQueries: boolean): ParsedChecks {
  const only = hasOwnQueries
    ? 'by your own checks and by the health of its pods'
    : 'by the health of its pods only';
  const notes = [
    `trafficSplitMethod is pod: successRate, latency and compareToStable, which count by Emissary's metrics, are off; the canary is judged ${only}`,
  ];
  if (!hasOwnQueries) return { checks: [], notes };
  if (inputs.prometheus === 'none') {
    refuseQueriesWithoutPrometheus(problems);
    return { checks: [], notes };
  }
  const prometheus = parseAddress(inputs.prometheus, problems);
  return { checks: [], notes, ...(prometheus !== undefined && { prometheus }) };
}

function parseAddress(prometheus: string, problems: InputProblems): PrometheusAddress | undefined {
  if (prometheus === '') {
    problems.invalid('prometheus', {
      expected: 'where the Prometheus is that scrapes Emissary, since checks are wanted',
      found: 'nothing',
      hint: 'Add the line `prometheus: https://prometheus.example.com` with your own URL, `prometheus: monitoring/prometheus:9090` to ask a Service through the API server, or `prometheus: none` to release without built-in checks',
    });
    return undefined;
  }
  return parsePrometheusAddress(prometheus, problems);
}

function refuseChecksWithoutPrometheus(inputs: Inputs, problems: InputProblems): void {
  for (const name of limitsAskedFor(inputs)) {
    problems.invalid(name, {
      expected: '`none` while `prometheus` is `none`',
      found: quote(inputs[name]),
      hint: `Give the URL of the Prometheus to ask, or leave \`${name}\` out`,
    });
  }
}

/** The inputs by which limits were asked for, rather than left to what the step does by itself. */
export function limitsAskedFor({ successRate, latency }: Inputs): readonly ('successRate' | 'latency')[] {
  return [
    ...(successRate === 'none' || successRate === defaultSuccessRate ? [] : (['successRate'] as const)),
    ...(latency === 'none' ? [] : (['latency'] as const)),
  ];
}

function refuseQueriesWithoutPrometheus(problems: InputProblems): void {
  problems.invalid('checks', {
    expected: 'no `query` while `prometheus` is `none`',
    found: 'one',
    hint: 'Give the URL of the Prometheus to ask, or leave the query out',
  });
}

/** What the user calls slow with a limit of response time is slow in the comparison, too. */
function comparisons(latency: Latency | undefined): readonly Check[] {
  return [
    { kind: 'errors-vs-stable' },
    { kind: 'slowness-vs-stable', ...(latency !== undefined && { limit: latency.limit }) },
  ];
}

function parseSuccessRate(text: string, problems: InputProblems): Check | undefined {
  if (text === 'none') return undefined;
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)\s*%?$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) {
    return { kind: 'success-rate', minimumPercent: Number(percent) };
  }
  problems.invalid('successRate', {
    expected: 'a percentage from 0 to 100, or `none`',
    found: quote(text),
    hint: 'Write for example `successRate: 99.5`',
  });
  return undefined;
}

function parseLatency(text: string, problems: InputProblems): Latency | undefined {
  if (text === 'none') return undefined;
  const [, percentile = '', time = ''] = /^(p[\d.]+)\s*<\s*(\S.*)$/.exec(text) ?? [];
  const quantile = quantiles.get(percentile);
  const limit = parseBoundedTime(time) ?? Duration.zero;
  if (quantile !== undefined && limit.milliseconds > 0) {
    return { kind: 'latency', quantile, limit };
  }
  problems.invalid('latency', {
    expected: '`p50`, `p90`, `p95`, `p99` or `p99.9`, then `<` and a time above 0 with its unit; or `none`',
    found: quote(text),
    hint: 'Write for example `latency: p95<500ms`',
  });
  return undefined;
}
