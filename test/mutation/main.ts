import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../../rig/paths.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { Copy } from './copy.ts';
import { isEquivalent, withoutMatch } from './equivalent.ts';
import { changesCode, type Mutant, mutantsOf } from './mutants.ts';

/**
 * Makes one mistake at a time in a copy of the pure rooms, and looks whether a unit test or the compiler notices. Prints those that none
 * did, and the share of those that one did. Arguments, each optional: `--count 60`, `--seed 1`, `--room release`.
 */
const rooms = ['release', 'manifests', 'analysis'];
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    room: { type: 'string', multiple: true, default: rooms },
  },
});
const sources = 'tasks/AmbassadorCanary/AmbassadorCanaryV1/src';
/** Who else uses the pure rooms: asked about what a room's own tests let pass. */
const neighbours = [...rooms, 'traffic', 'report'].flatMap(testsOf);
neighbours.push('test/unit/prepare-release.test.ts', 'test/unit/plan-from-manifests.test.ts');
neighbours.push('test/unit/azure/manifest-files.test.ts', 'test/unit/azure/manifest-links.test.ts');

/** Asked last, for most mistakes are noticed without them. */
const slow = /\/(properties|read-manifests)/;

interface Candidate {
  readonly room: string;
  /** From the room's folder on: `release/weight.ts`. */
  readonly file: string;
  readonly original: string;
  readonly mutant: Mutant;
}

const candidates: Candidate[] = values.room.flatMap(room =>
  readdirSync(join(repositoryRoot, sources, room))
    .filter(name => name.endsWith('.ts'))
    .flatMap(name => {
      const original = readFileSync(join(repositoryRoot, sources, room, name), 'utf8');
      return mutantsOf(original).map(mutant => ({ room, file: `${room}/${name}`, original, mutant }));
    }),
);
const stale = values.room.length === rooms.length ? withoutMatch(candidates) : [];
if (stale.length > 0)
  throw new Error(`No such code any more, take it out of equivalent.ts: ${stale.join('; ')}`);

// Whoever else works on this machine goes first.
setPriority(15);
const copy = await Copy.make();
try {
  const all = [...new Set([...values.room.flatMap(testsOf), ...neighbours])];
  const startedAt = performance.now();
  const { isGreen, failure } = await copy.test(all, 600_000);
  if (!isGreen) throw new Error(`Without any mistake the tests fail, mend them first: ${failure}`);
  if (!(await copy.compiles())) throw new Error('Without any mistake the compiler fails: mend that first');
  const limitMs = 3 * (performance.now() - startedAt);
  const survivors: string[] = [];
  const late: string[] = [];
  const count = Number(values.count);
  const random = seededRandom(Number(values.seed));
  let tried = 0;
  let equivalent = 0;
  while (tried < count) {
    const [chosen] = candidates.splice(Math.floor(random() * candidates.length), 1);
    if (chosen === undefined) break;
    const { file, mutant, original } = chosen;
    if (!(await changesCode(original, mutant))) continue;
    if (isEquivalent(chosen)) {
      equivalent += 1;
      continue;
    }
    tried += 1;
    const noticedBy = await whoNotices(chosen);
    const told = `${file}:${mutant.line} «${mutant.from}» → «${mutant.to}» in «${mutant.code}»`;
    console.log(`${tried}/${count} ${noticedBy === undefined ? 'SURVIVED' : 'noticed'} ${told}`);
    if (noticedBy !== undefined) console.log(`    by ${noticedBy.split('\n')[0]?.slice(0, 160)}`);
    if (noticedBy === undefined) survivors.push(told);
    if (noticedBy?.includes('Timeout of ')) late.push(told);
  }
  const noticed = tried - survivors.length;
  console.log(
    `Seed ${values.seed}: ${noticed} of ${tried} noticed, ${((100 * noticed) / tried).toFixed(1)} %`,
  );
  console.log(`(${equivalent} more were left out, for they change nothing: equivalent.ts).`);
  for (const survivor of survivors) console.log(`SURVIVED ${survivor}`);
  // Of the mistake, or of a machine that was too busy.
  for (const timedOut of late) console.log(`noticed by a test that took too long: ${timedOut}`);

  /** Who fails with the mistake in place: a test of the file, of its room or next door, or the compiler. */
  async function whoNotices({ room, file, mutant }: Candidate): Promise<string | undefined> {
    const own = `test/unit/${file.replace(/\.ts$/, '.test.ts')}`;
    const rank = (test: string) => (test === own ? 0 : slow.test(test) ? 2 : 1);
    const ofRoom = all.filter(test => test.startsWith(`test/unit/${room}/`));
    return copy.withText(join(sources, file), mutant.text, async () => {
      const there = await copy.test(
        ofRoom.toSorted((a, b) => rank(a) - rank(b)),
        limitMs,
      );
      if (!there.isGreen) return there.failure ?? 'tests that never end';
      if (!(await copy.compiles())) return 'the compiler';
      const nextDoor = await copy.test(
        all.filter(test => !ofRoom.includes(test)),
        limitMs,
      );
      return nextDoor.isGreen ? undefined : (nextDoor.failure ?? 'tests that never end');
    });
  }
} finally {
  copy.remove();
}

function testsOf(room: string): readonly string[] {
  const folder = `test/unit/${room}`;
  return readdirSync(join(repositoryRoot, folder))
    .filter(name => name.endsWith('.test.ts'))
    .map(name => `${folder}/${name}`);
}
