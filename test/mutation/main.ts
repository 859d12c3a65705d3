import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../../rig/paths.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

/**
 * Makes one mistake at a time in a copy of the pure rooms, and looks whether the unit tests notice. Prints those that they did not, and
 * the share of those that they did. Arguments, each optional: `--count 60`, `--seed 1`, `--room release`.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    room: { type: 'string', multiple: true, default: ['release', 'manifests', 'analysis'] },
  },
});
const sources = 'tasks/AmbassadorCanary/AmbassadorCanaryV1/src';
/** A mistake may make a loop endless; that is noticed as well. */
const timeLimitMs = 60_000;

interface Candidate {
  readonly room: string;
  readonly file: string;
  readonly mutant: Mutant;
}

const candidates = values.room.flatMap(room =>
  readdirSync(join(repositoryRoot, sources, room))
    .filter(name => name.endsWith('.ts'))
    .flatMap(name => {
      const file = join(sources, room, name);
      return mutantsOf(readFileSync(join(repositoryRoot, file), 'utf8')).map(mutant => ({
        room,
        file,
        mutant,
      }));
    }),
);

const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-mutants-'));
try {
  for (const part of [
    'tasks',
    'test',
    'sandbox',
    'rig',
    'samples',
    'docs',
    'scripts',
    'package.json',
    'tsconfig.json',
  ]) {
    await cp(join(repositoryRoot, part), join(folder, part), {
      recursive: true,
      filter: path => !path.includes('node_modules'),
    });
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  const random = seededRandom(Number(values.seed));
  const count = Math.min(Number(values.count), candidates.length);
  let noticed = 0;
  for (let tried = 1; tried <= count; tried++) {
    const [chosen] = candidates.splice(Math.floor(random() * candidates.length), 1);
    if (chosen === undefined) break;
    const isNoticed = await notices(chosen);
    if (isNoticed) noticed += 1;
    const { file, mutant } = chosen;
    const where = `${file.slice(sources.length + 1)}:${mutant.line}`;
    console.log(
      `${tried}/${count} ${isNoticed ? 'noticed ' : 'SURVIVED'} ${where} «${mutant.from}» → «${mutant.to}»`,
    );
  }
  console.log(`${noticed} of ${count} noticed: ${Math.round((100 * noticed) / count)} %`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Whether a test fails with the mistake in place: first the file's own tests, then all of its room, then the properties of any release. */
async function notices({ room, file, mutant }: Candidate): Promise<boolean> {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, mutant.text);
  try {
    const own = join('test/unit', room, file.slice(file.lastIndexOf('/') + 1).replace(/\.ts$/, '.test.ts'));
    const suites = [
      ...(existsSync(join(folder, own)) ? [own] : []),
      `test/unit/${room}/*.test.ts`,
      'test/unit/{release,manifests}/*.test.ts',
    ];
    for (const suite of suites) if (!(await pass(suite))) return true;
    return false;
  } finally {
    writeFileSync(path, original);
  }
}

function pass(suite: string): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', '--no-config', '--exit', '--bail', '--timeout', '20000', suite],
    { cwd: folder, stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '--import=tsx', FUZZ_RUNS: '5' } },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
  return new Promise(resolve => {
    child.once('exit', code => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}
