import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { withPart } from '../../../scripts/page-part.ts';
import { type Decision, judges } from './decide.ts';
import { decisionsFile, judgingPage } from './files.ts';
import { scenarios } from './scenarios.ts';
import { tableOf } from './table.ts';
import type { Job } from './worker.ts';

/** Decides about 2 000 releases of each scenario with each judge; writes and prints what came of it. */
const runs = 2_000;

const jobs: readonly Job[] = scenarios.flatMap((_, scenario) =>
  judges.map(judge => ({ scenario, judge, runs })),
);
const decisions: Decision[] = [];
let next = 0;

/** Takes one job after the other until there are none left. */
function work(): Promise<void> {
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const worker = fork(path, { execArgv: ['--import=tsx'] });
  return new Promise((resolve, reject) => {
    let job = -1;
    const goOn = () => {
      job = next++;
      const ahead = jobs[job];
      if (ahead !== undefined) worker.send(ahead);
      else worker.disconnect();
    };
    worker.on('message', (decision: Decision) => {
      decisions[job] = decision;
      goOn();
    });
    worker.on('error', reject);
    worker.on('exit', code => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
    goOn();
  });
}

const began = performance.now();
await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
const table = tableOf(decisions);
writeFileSync(decisionsFile, `${JSON.stringify(decisions, undefined, 2)}\n`);
writeFileSync(judgingPage, withPart(readFileSync(judgingPage, 'utf8'), 'decisions', table));
console.log(
  'Each cell: share of releases taken back, seconds until then, failed requests of the canary a release.\n',
);
console.log(table);
console.log(
  `\n${scenarios.length} scenarios, ${runs} releases each, in ${Math.round((performance.now() - began) / 1000)} s`,
);
