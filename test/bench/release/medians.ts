/** What one release cost with one tool. */
export interface BenchRun {
  readonly tool: string;
  /** The command and all its descendants. */
  readonly processes: number;
  readonly requests: number;
  readonly wallSeconds: number;
  /** What of the wall time the tool waited by its own will: settling, drain, and to see that all is gone. */
  readonly waitedSeconds: number;
  /** User and system time of all processes. */
  readonly cpuSeconds: number;
  /** Of the largest process. */
  readonly peakRssMb: number;
  /** To and from the API server, TLS and all. */
  readonly bytes: number;
  readonly connections: number;
}

/** The median of each figure. */
export function medians(runs: readonly BenchRun[]): BenchRun {
  const [first] = runs;
  if (first === undefined) throw new Error('There is no run to take a median of');
  const of = (figure: Exclude<keyof BenchRun, 'tool'>): number => {
    const sorted = runs.map(run => run[figure]).sort((a, b) => a - b);
    const middle = sorted.length / 2;
    const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
    return Math.round(((low + high) / 2) * 1_000) / 1_000;
  };
  return {
    tool: first.tool,
    processes: of('processes'),
    requests: of('requests'),
    wallSeconds: of('wallSeconds'),
    waitedSeconds: of('waitedSeconds'),
    cpuSeconds: of('cpuSeconds'),
    peakRssMb: of('peakRssMb'),
    bytes: of('bytes'),
    connections: of('connections'),
  };
}
