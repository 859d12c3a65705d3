import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../rig/paths.ts';
import { World } from '../world.ts';
import { crashMatrix, matrixLines } from './crash-matrix.ts';
import { crashScenarios } from './crash-point.ts';
import { interruptions } from './interruption.ts';

/**
 * The whole crash matrix: every request of a good and of a failing release, interrupted in every way. Prints it, writes
 * test/cluster/crash/results.json, and exits with 1 where a point went wrong. Arguments, each optional: the interruptions that
 * begin so (`kill`), every how many requests (1), how many points at a time (2; with many more, two cores are so busy that
 * Emissary's stand-in takes longer than the step waits, and requests are lost that no crash has cost).
 */
const only = process.argv[2];
const every = Number(process.argv[3] ?? 1);
const logs = join(repositoryRoot, '.rig', 'crash');
await mkdir(logs, { recursive: true });
const world = await World.start();
try {
  const results = await crashMatrix(world, {
    scenarios: crashScenarios,
    interruptions: interruptions.filter(interruption => only === undefined || interruption.startsWith(only)),
    every,
    width: Number(process.argv[4] ?? 2),
    onResult: (result, done, of) => {
      const { scenario, interruption, request, right, misrouted } = result;
      const verdict =
        right && misrouted === 0 ? 'right' : `WRONG (${result.leftovers.join(', ')}; ${misrouted} lost)`;
      console.log(`${done}/${of}  ${scenario}, ${interruption} at ${request?.number ?? '-'}: ${verdict}`);
      if (verdict === 'right') return;
      const name = `${scenario} ${interruption} ${request?.number ?? 0}`.replaceAll(' ', '-');
      void writeFile(join(logs, `${name}.log`), result.logs.join('\n\n=== run again ===\n\n'));
    },
  });
  for (const line of matrixLines(results)) console.log(line);
  const sum = {
    points: results.length,
    right: results.filter(({ right }) => right).length,
    leftovers: results.reduce((all, { leftovers }) => all + leftovers.length, 0),
    misrouted: results.reduce((all, { misrouted }) => all + misrouted, 0),
  };
  console.log(JSON.stringify(sum));
  if (only === undefined && every === 1) {
    await writeFile(
      join(repositoryRoot, 'test', 'cluster', 'crash', 'results.json'),
      `${JSON.stringify(sum, null, 2)}\n`,
    );
  }
  process.exitCode = sum.right === sum.points && sum.misrouted === 0 ? 0 : 1;
} finally {
  await world.stop();
}
