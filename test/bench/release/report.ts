import { type AuditedRequest, countedBy } from './audited-requests.ts';
import type { BenchRun } from './medians.ts';
import { purposeOf } from './purposes.ts';

/** The rows as a Markdown table. */
export function table(rows: readonly BenchRun[]): string {
  const head = [
    'tool',
    'processes',
    'requests',
    'wall',
    'of it declared waits',
    'CPU',
    'peak RSS',
    'bytes',
    'connections',
  ];
  const cells = rows.map(row => [
    row.tool,
    `${row.processes}`,
    `${row.requests}`,
    `${row.wallSeconds.toFixed(2)} s`,
    `${row.waitedSeconds} s`,
    `${row.cpuSeconds.toFixed(2)} s`,
    `${Math.round(row.peakRssMb)} MB`,
    `${Math.round(row.bytes / 1024)} KB`,
    `${row.connections}`,
  ]);
  return [head, head.map(() => '---'), ...cells].map(line => `| ${line.join(' | ')} |`).join('\n');
}

/** What the requests of one release were and what for, as a Markdown table. Throws where that is not known of one. */
export function requestTable(requests: readonly AuditedRequest[]): string {
  const counts = countedBy(requests, request => {
    const { verb, what } = request;
    return `${verb} | ${what} | ${purposeOf(request)}`;
  });
  return [
    '| times | verb | of | what for |',
    '| --- | --- | --- | --- |',
    ...counts.map(([key, count]) => `| ${count} | ${key} |`),
  ].join('\n');
}
