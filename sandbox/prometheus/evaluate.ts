import { type Aggregate, type Expression, matches } from './expression.ts';
import { type Labels, type Sample, type Samples, samplesBetween, valueAt } from './samples.ts';
import { ParseError } from './tokens.ts';

export type Result =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly series: readonly InstantSeries[] }
  | { readonly type: 'matrix'; readonly series: readonly RangeSeries[] };

export interface InstantSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface RangeSeries {
  readonly labels: Labels;
  readonly samples: readonly Sample[];
}

/** The answer to a query at a time, in seconds since the epoch. Throws a `ParseError` where types do not fit. */
export function evaluate(expression: Expression, samples: Samples, time: number): Result {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'selector': {
      const found = samples.find(labels => matches(labels, expression.matchers));
      const { rangeSeconds } = expression;
      if (rangeSeconds !== undefined) {
        const series = found.map(one => ({
          labels: one.labels,
          samples: samplesBetween(one, time - rangeSeconds, time),
        }));
        return { type: 'matrix', series: series.filter(one => one.samples.length > 0) };
      }
      const series = found.flatMap(one => {
        const sample = valueAt(one, time);
        return sample ? [{ labels: one.labels, value: sample[1] }] : [];
      });
      return { type: 'vector', series };
    }
    case 'aggregate': {
      const inner = evaluate(expression.of, samples, time);
      if (inner.type !== 'vector') {
        throw new ParseError(
          `1:1: parse error: expected type instant vector in aggregation expression, got ${inner.type}`,
        );
      }
      return { type: 'vector', series: aggregate(inner.series, expression.operator, expression.grouping) };
    }
    case 'call': {
      if (!expression.of) return { type: 'scalar', value: time };
      const inner = evaluate(expression.of, samples, time);
      if (inner.type === 'scalar') return { type: 'vector', series: [{ labels: {}, value: inner.value }] };
      if (inner.type === 'vector') return inner;
      const seconds = expression.of.kind === 'selector' ? (expression.of.rangeSeconds ?? 0) : 0;
      const perSecond = expression.name === 'rate' ? 1 / seconds : 1;
      const series = inner.series.flatMap(one => {
        const value = increase(one.samples, time - seconds, time);
        return value === undefined ? [] : [{ labels: withoutName(one.labels), value: value * perSecond }];
      });
      return { type: 'vector', series };
    }
  }
}

function aggregate(
  series: readonly InstantSeries[],
  operator: Aggregate,
  { kind, labels }: Extract<Expression, { kind: 'aggregate' }>['grouping'],
): InstantSeries[] {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const one of series) {
    const kept = Object.entries(withoutName(one.labels)).filter(
      ([name]) => labels.includes(name) === (kind === 'by'),
    );
    const key = JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key) ?? { labels: Object.fromEntries(kept), values: [] };
    groups.set(key, group);
    group.values.push(one.value);
  }
  return [...groups.values()].map(group => ({ labels: group.labels, value: reduce(operator, group.values) }));
}

function reduce(operator: Aggregate, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (operator) {
    case 'sum':
      return sum;
    case 'count':
      return values.length;
    case 'avg':
      return sum / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
  }
}

/** Prometheus' `increase`: what was counted between the first and the last sample, stretched to the window as far as it may be. */
function increase(samples: readonly Sample[], from: number, to: number): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 2) return undefined;
  let gain = 0;
  for (const [index, [, value]] of samples.entries()) {
    const before = samples[index - 1]?.[1];
    if (before !== undefined) gain += value >= before ? value - before : value;
  }
  const covered = last[0] - first[0];
  const spacing = covered / (samples.length - 1);
  const toStart = Math.min(
    first[0] - from,
    gain > 0 ? covered * (first[1] / gain) : Number.POSITIVE_INFINITY,
  );
  const reach = (gap: number) => (gap < spacing * 1.1 ? gap : spacing / 2);
  return gain * ((covered + reach(toStart) + reach(to - last[0])) / covered);
}

function withoutName({ __name__: _, ...labels }: Labels): Labels {
  return labels;
}
