import type { BenchRun } from './medians.ts';

export interface Budget {
  readonly text: string;
  readonly kept: boolean;
  /** A count or a size, which is the same on any machine. Times are only told. */
  readonly checked: boolean;
}

/** What a release may cost, itself or as a share of what the kubectl recipe costs in the same run. */
export function budgetsOf(rows: readonly BenchRun[]): readonly Budget[] {
  const of = (name: string): BenchRun => {
    const row = rows.find(({ tool }) => tool === name);
    if (row === undefined) throw new Error(`There is no run of ${name}`);
    return row;
  };
  const ours = of('ambassador-canary');
  const peer = of('kubectl-lean');
  const busy = ours.wallSeconds - ours.waitedSeconds;
  return [
    atMost('API requests', ours.requests, 60, true),
    atMost('child processes', ours.processes - 1, 0, true),
    atMost('peak RSS in MB', ours.peakRssMb, 110, true),
    atMost("wall without declared waits, as a share of the recipe's", busy / peer.wallSeconds, 0.4, false),
    atMost("CPU, as a share of the recipe's", ours.cpuSeconds / peer.cpuSeconds, 0.25, false),
  ];
}

function atMost(what: string, found: number, limit: number, checked: boolean): Budget {
  return {
    text: `${what}: ${Math.round(found * 100) / 100}, at most ${limit}`,
    kept: found <= limit,
    checked,
  };
}
