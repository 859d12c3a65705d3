import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { lateFile, latePackages, lateSource, leanPackages, nodeUrl } from './lean-packages.ts';

/** What the agent starts: `main.js` calls the function that main.ts exports as `main`, and so on. */
const starters = ['main', 'guard'] as const;

/** The names of the files that `bundle` writes. */
export const bundleFiles: readonly string[] = [
  ...starters.map(name => `${name}.js`),
  'step.js',
  ...latePackages.map(lateFile),
];

/**
 * Bundles the step into `outdir`, minified CommonJS for the agent's oldest Node (`facts/extensions.md 4`): its code in one file,
 * `step.js`, since nine tenths of it serve the step and its guard alike; beside it the starters, of one line each, and the
 * packages that load late. The result describes all of them. Rejects on an esbuild error and on any warning.
 */
export async function bundle(sourceFolder: string, outdir: string, version: string): Promise<Metafile> {
  const met = new Map<string, string>();
  const step = await bundleOne(join(outdir, 'step.js'), {
    stdin: {
      contents: starters.map(name => `export { ${name} } from './${name}.ts';`).join('\n'),
      resolveDir: sourceFolder,
    },
    define: { __VERSION__: JSON.stringify(version) },
    plugins: [leanPackages(met)],
  });
  const parts = [step];
  for (const [name, resolveDir] of met) {
    const stdin = { contents: await lateSource(name), resolveDir };
    parts.push(await bundleOne(join(outdir, lateFile(name)), { stdin, plugins: [nodeUrl] }));
  }
  await mkdir(outdir, { recursive: true });
  for (const name of starters)
    await writeFile(join(outdir, `${name}.js`), `require('./step.js').${name}();\n`);
  return {
    inputs: Object.assign({}, ...parts.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...parts.map(({ outputs }) => outputs)),
  };
}

async function bundleOne(outfile: string, options: BuildOptions): Promise<Metafile> {
  const { warnings, metafile } = await build({
    ...options,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  if (warnings.length > 0 || metafile === undefined) {
    const lines = warnings.map(
      ({ text, location }) => `${location?.file ?? ''}:${location?.line ?? ''} ${text}`,
    );
    throw new Error(`esbuild warns, and no warning is let through:\n${lines.join('\n')}`);
  }
  return metafile;
}
