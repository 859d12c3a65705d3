import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { repositoryRoot } from '../../rig/paths.ts';

const parts = [
  'tasks',
  'test',
  'sandbox',
  'rig',
  'samples',
  'docs',
  'scripts',
  'tab',
  'package.json',
  'tsconfig.json',
];

export interface TestRun {
  readonly isGreen: boolean;
  /** The first test that failed, and how, where one did. */
  readonly failure?: string;
}

/** What mocha's JSON reporter says of a test. */
interface Told {
  readonly fullTitle: string;
  readonly err: { readonly message?: string };
}

/** A copy of the project, in which one may make mistakes. */
export class Copy {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<Copy> {
    const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-mutants-'));
    for (const part of parts) {
      const filter = (path: string) => !path.includes('node_modules');
      await cp(join(repositoryRoot, part), join(folder, part), { recursive: true, filter });
    }
    symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
    return new Copy(folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Does something while a file has another text. */
  async withText<T>(file: string, text: string, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, text);
    try {
      return await work();
    } finally {
      writeFileSync(path, original);
    }
  }

  /**
   * Runs tests in the order given, up to the first that fails. If all together take longer than the limit, that is not green. They are
   * bundled first: that takes less time than to load a hundred files one by one.
   */
  async test(files: readonly string[], limitMs: number): Promise<TestRun> {
    const report = join(this.folder, 'tests.json');
    rmSync(report, { force: true });
    await build({
      stdin: {
        contents: files.map(file => `import ${JSON.stringify(`./${file}`)};`).join('\n'),
        resolveDir: this.folder,
      },
      outfile: join(this.folder, 'tests.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      plugins: [ownAddress],
    });
    const mocha = [
      'node_modules/mocha/bin/mocha.js',
      '--no-config',
      '--exit',
      '--bail',
      '--timeout',
      `${limitMs}`,
    ];
    const output = ['--reporter', 'json', '--reporter-option', `output=${report}`];
    const isGreen = await this.run([...mocha, ...output, 'tests.mjs'], limitMs);
    // Where a file could not be loaded, or hung, there is none.
    const told = existsSync(report) ? readFileSync(report, 'utf8') : '{"failures":[]}';
    const [first] = (JSON.parse(told) as { readonly failures: readonly Told[] }).failures;
    return { isGreen, ...(first && { failure: `${first.fullTitle}: ${first.err.message}` }) };
  }

  /** Whether the compiler takes the project as it is. */
  compiles(): Promise<boolean> {
    return this.run(['node_modules/typescript/bin/tsc', '--noEmit'], 300_000);
  }

  private run(args: readonly string[], limitMs: number): Promise<boolean> {
    const child = spawn(process.execPath, args, { cwd: this.folder, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    return new Promise(resolve => {
      child.once('exit', code => {
        clearTimeout(timer);
        resolve(code === 0);
      });
    });
  }
}

/** A bundled file still finds what lies beside it. */
const ownAddress: Plugin = {
  name: 'own-address',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    })),
};
