import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../rig/paths.ts';
import { emissaryAdminService } from '../outside-service.ts';
import { World } from '../world.ts';
import { crashMatrix, matrixLines, sumOf } from './crash-matrix.ts';
import { failing, happy } from './crash-scenario.ts';
import { interruptions } from './interruption.ts';
import { stopTimeLines } from './stop-time.ts';
import { TriedPoints } from './tried-points.ts';

/**
 * The crash matrix: every request of a good and of a failing release, interrupted in every way. Arguments, each optional: the
 * interruptions that begin so (`kill`, or an empty text for all), every how many requests (1), how many points at a time (2), and after
 * how many minutes no more are begun. What was tried is noted in `.rig/crash`, with the logs of what went wrong; the next call goes on
 * with what is left, until that folder is deleted. Prints the matrix of all that was tried, writes test/cluster/crash/results.json of it,
 * and exits with 1 where a point went wrong. With many points at a time two cores are so busy that pods answer late.
 */
const [, , only = '', every = '1', width = '2', minutes = 'Infinity'] = process.argv;
const tried = await TriedPoints.in(join(repositoryRoot, '.rig', 'crash'));
const over = Date.now() + 60_000 * Number(minutes);
const world = await World.start();
try {
  // With diagnostics a release waits for Emissary's stand-in, however busy the machine is.
  await emissaryAdminService(world);
  await crashMatrix(world, {
    scenarios: [happy, failing],
    interruptions: interruptions.filter(interruption => interruption.startsWith(only)),
    every: Number(every),
    width: Number(width),
    isDone: point => tried.isDone(point),
    isOver: () => Date.now() >= over,
    onResult: (point, result, left) => {
      const { scenario, interruption, right, misrouted } = result;
      const verdict =
        right && misrouted === 0 ? 'right' : `WRONG (${result.leftovers.join(', ')}; ${misrouted} lost)`;
      console.log(`${scenario}, ${interruption} at ${point.number}: ${verdict}; ${left} left`);
      void tried.add(point, result);
    },
  });
  for (const line of matrixLines(tried.all)) console.log(line);
  for (const line of stopTimeLines(tried.all.flatMap(({ stop }) => stop ?? []))) console.log(line);
  const sum = sumOf(tried.all);
  console.log(JSON.stringify(sum));
  const results = join(repositoryRoot, 'test', 'cluster', 'crash', 'results.json');
  await writeFile(results, `${JSON.stringify(sum, null, 2)}\n`);
  process.exitCode = sum.right === sum.points && sum.misrouted === 0 ? 0 : 1;
} finally {
  await world.stop();
}
