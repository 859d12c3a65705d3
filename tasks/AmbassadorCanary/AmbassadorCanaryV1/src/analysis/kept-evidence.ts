import { asRecord } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import { longestEvidence } from '../release/record.ts';
import type { ComparisonState } from './comparison.ts';
import type { Counts } from './dispersion.ts';
import { oddsRatios } from './evidence.ts';

/** What is known of one workload. */
export interface StoryState {
  readonly errors: ComparisonState;
  readonly slowness: ComparisonState;
  readonly slowEdge?: number;
}

/** What the built-in checks have learnt in a release, for another process to go on with. */
export interface KeptEvidence {
  /** How many windows were opened: each has a smaller part of the false alarms than the one before. */
  readonly windows: number;
  readonly total: { readonly requests: number; readonly failed: number };
  /** By workload. */
  readonly stories: Readonly<Record<string, StoryState>>;
}

/** As text for the record; `undefined` where that would be too long for it. */
export function writeEvidence(evidence: KeptEvidence): string | undefined {
  const text = JSON.stringify(evidence, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  );
  return text.length <= longestEvidence ? text : undefined;
}

/** From a record, which is text from outside; `undefined` for anything that we would not have written. */
export function readEvidence(text: string): KeptEvidence | undefined {
  const value = parseJson(text);
  const { windows, total, stories } = asRecord(value) ?? {};
  const { requests, failed } = asRecord(total) ?? {};
  const known = Object.values(asRecord(stories) ?? {});
  const sound =
    isCount(windows) && isCount(requests) && isCount(failed) && known.length > 0 && known.every(isStory);
  return sound ? (value as KeptEvidence) : undefined;
}

function isStory(value: unknown): boolean {
  const { errors, slowness, slowEdge } = asRecord(value) ?? {};
  const isEdge = slowEdge === undefined || (isSane(slowEdge) && Number(slowEdge) > 0);
  return isEdge && isComparison(errors) && isComparison(slowness);
}

function isComparison(value: unknown): boolean {
  const { logs, strongest, canary, stable, dispersion } = asRecord(value) ?? {};
  const { squares, expected } = asRecord(dispersion) ?? {};
  return (
    isLogs(logs) &&
    Array.isArray(strongest) &&
    strongest.length <= 10 &&
    strongest.every(isLogs) &&
    [canary, stable].every(areCounts) &&
    [squares, expected].every(sum => isSane(sum) && Number(sum) > 0)
  );
}

function isLogs(value: unknown): boolean {
  return Array.isArray(value) && value.length === oddsRatios.length && value.every(isSane);
}

function areCounts(value: unknown): boolean {
  const { total, bad } = (asRecord(value) ?? {}) as Partial<Counts>;
  return [total, bad].every(number => isSane(number) && Number(number) >= 0) && Number(bad) <= Number(total);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Beyond what any release can learn a number is none of ours. */
function isSane(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) < 1e12;
}
