import type { Labels, MatrixSeries, QueryData, QueryResult, Sample, VectorSeries } from './query-result.ts';

/** A body of the query API, read: the result, Prometheus' own refusal, or why it is neither. */
export type Answer =
  | { readonly kind: 'result'; readonly result: QueryResult }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'garbage'; readonly problem: string };

/** Where the body departs from what the API promises. Never leaves this file. */
class Garbage extends Error {}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads the body of `/api/v1/query` as the untrusted text that it is (a login page and a proxy's error are common).
 * Never throws. Source of the format: prometheus.io, "HTTP API", "Format overview" and "Expression query result formats".
 */
export function readAnswer(body: string): Answer {
  try {
    const answer = objectAt(parseJson(body), 'the answer');
    if (answer.status === 'error') return { kind: 'refused', message: refusal(answer) };
    if (answer.status !== 'success') throw new Garbage(`status ${show(answer.status)}`);
    const data = objectAt(answer.data, 'data');
    return {
      kind: 'result',
      result: { ...readData(data.resultType, data.result), warnings: readWarnings(answer) },
    };
  } catch (error) {
    if (error instanceof Garbage) return { kind: 'garbage', problem: error.message };
    throw error;
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Garbage(body.trim() === '' ? 'an empty body' : `no JSON but ${show(body.trim())}`);
  }
}

function refusal(answer: JsonObject): string {
  const parts = [answer.errorType, answer.error].filter(part => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(': ') : 'an error without a message';
}

function readWarnings(answer: JsonObject): string[] {
  return Array.isArray(answer.warnings) ? answer.warnings.map(String) : [];
}

function readData(type: unknown, result: unknown): QueryData {
  switch (type) {
    case 'vector':
      return { type, series: arrayAt(result, 'the vector').map(readVectorSeries) };
    case 'matrix':
      return { type, series: arrayAt(result, 'the matrix').map(readMatrixSeries) };
    case 'scalar':
      return { type, sample: readSample(result) };
    case 'string': {
      const [time, text] = arrayAt(result, 'the string');
      if (typeof text !== 'string') throw new Garbage(`${show(text)} for a string`);
      return { type, time: readTime(time), text };
    }
    default:
      throw new Garbage(`resultType ${show(type)}`);
  }
}

function readVectorSeries(item: unknown): VectorSeries {
  const series = objectAt(item, 'a series');
  if (series.value === undefined && series.histogram !== undefined) {
    throw new Garbage('a native histogram, where only numbers can be judged');
  }
  return { labels: readLabels(series.metric), sample: readSample(series.value) };
}

function readMatrixSeries(item: unknown): MatrixSeries {
  const series = objectAt(item, 'a series');
  if (series.values === undefined && series.histograms !== undefined) {
    throw new Garbage('native histograms, where only numbers can be judged');
  }
  const samples = arrayAt(series.values, 'values of a series').map(readSample);
  if (samples.some(({ time }, i) => time <= (samples[i - 1]?.time ?? Number.NEGATIVE_INFINITY))) {
    throw new Garbage('samples of a series out of order');
  }
  return { labels: readLabels(series.metric), samples };
}

function readLabels(metric: unknown): Labels {
  const labels = objectAt(metric, 'metric of a series');
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value !== 'string') throw new Garbage(`label ${show(name)} with value ${show(value)}`);
  }
  return labels as Labels;
}

function readSample(sample: unknown): Sample {
  const [time, value] = arrayAt(sample, 'a sample');
  return { time: readTime(time), value: readValue(value) };
}

function readTime(time: unknown): number {
  if (typeof time !== 'number' || !Number.isFinite(time)) throw new Garbage(`${show(time)} for a timestamp`);
  return time;
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Values are strings, because JSON knows neither NaN nor infinity. `Number` alone would read `""` as 0. */
function readValue(text: unknown): number {
  if (typeof text !== 'string') throw new Garbage(`${show(text)} for a value, which should be a string`);
  if (text === 'NaN') return Number.NaN;
  const infinite = /^([+-]?)Inf$/.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!decimal.test(text)) throw new Garbage(`${show(text)} for a value`);
  return Number(text);
}

function objectAt(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Garbage(`${show(value)} for ${what}, which should be an object`);
  }
  return value as JsonObject;
}

function arrayAt(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Garbage(`${show(value)} for ${what}, which should be a list`);
  return value;
}

/** Enough of a bad value to recognise it. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
