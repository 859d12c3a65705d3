import { isFailed } from './answer.ts';
import type { LoadRecord } from './record.ts';

/** What users got in the last seconds. */
export interface Figures {
  readonly perSecond: number;
  readonly failed: number;
  /** The share of each version among all answers, from 0 to 1, by version. Answers without one have no share. */
  readonly shares: ReadonlyMap<string, number>;
  /** In milliseconds; NaN without answers. */
  readonly p95: number;
}

/** Answers that took longer than this are not looked for. */
const longestLatencyMs = 15_000;

/** The figures of the answers that came within `spanMs` before `now` (milliseconds since the epoch). */
export function figuresOf(record: LoadRecord, now: number, spanMs: number): Figures {
  const answers = record
    .answers({ from: now - spanMs - longestLatencyMs, to: now })
    .filter(({ intendedAt, latencyMs }) => {
      const came = intendedAt + latencyMs;
      return came >= now - spanMs && came < now;
    });
  const counts = new Map<string, number>();
  for (const { version } of answers) {
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  const latencies = answers.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return {
    perSecond: (answers.length * 1000) / spanMs,
    failed: answers.filter(isFailed).length,
    shares: new Map(
      [...counts]
        .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
        .map(([version, count]) => [version, count / answers.length]),
    ),
    p95: latencies[Math.max(0, Math.ceil(latencies.length * 0.95) - 1)] ?? Number.NaN,
  };
}

/** `50.0/s  0 failed (3 in all)  p95 12 ms  1.0.0 89.8 %  1.1.0 10.2 %`: short enough for 80 columns. */
export function figuresText({ perSecond, failed, shares, p95 }: Figures, failedInAll: number): string {
  return [
    `${perSecond.toFixed(1)}/s`,
    `${failed} failed (${failedInAll} in all)`,
    Number.isNaN(p95) ? 'no answers' : `p95 ${p95.toFixed(0)} ms`,
    ...[...shares].map(([version, share]) => `${version} ${(100 * share).toFixed(1)} %`),
  ].join('  ');
}
