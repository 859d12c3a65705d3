import { join, sep } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Packages that load at their first use, not at start, each from a file of its own, with what is used of it. KubeConfig needs
 * the first five only for some kubeconfigs (a SOCKS proxy, an OIDC user, an old auth provider) and for an HTTP client that we do
 * not use; neither the guard nor a refused input needs `yaml`. Together they would take 25 ms of each start, where an empty Node
 * takes 20 ms. A package that is no ES module may have `all` its functions and classes, for esbuild can leave out nothing of it.
 */
const late: Readonly<Record<string, readonly string[] | 'all'>> = {
  'js-yaml': ['default'],
  'jsonpath-plus': ['JSONPath'],
  'node-fetch': ['Headers', 'default'],
  'openid-client': ['discovery', 'refreshTokenGrant'],
  'socks-proxy-agent': ['SocksProxyAgent'],
  yaml: 'all',
};

export const latePackages: readonly string[] = Object.keys(late);

/** The file that a late package is loaded from, beside the bundle. */
export function lateFile(name: string): string {
  return `late/${name}.js`;
}

/** What goes into that file: the package, and of it no more than is used. */
export async function lateSource(name: string): Promise<string> {
  return `export { ${(await usedOf(name)).join(', ')} } from ${JSON.stringify(name)};`;
}

/**
 * Makes esbuild take no more of client-node than is used, and load the packages above late: it adds those it meets to `met`,
 * with the folder that they resolve from. A name that is imported but not listed fails the build: there is no such export.
 */
export const leanPackages = (met: Map<string, string>): Plugin => ({
  name: 'lean-packages',
  setup(build) {
    // Its package.json does not say that importing a file has no effect, so that all models of the API would stay in.
    build.onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) =>
      isClientNode(importer) ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    );

    build.onResolve({ filter: /^[^.]/ }, ({ path, importer, resolveDir, kind }) => {
      const ours = !importer.includes(`${sep}node_modules${sep}`) || isClientNode(importer);
      if (!ours || kind !== 'import-statement' || !(path in late)) return undefined;
      met.set(path, resolveDir);
      return { path, namespace: 'late', sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'late' }, async ({ path }) => ({
      contents: await standIns(path),
    }));
    build.onResolve({ filter: /^\.\/late\// }, ({ path }) => ({ path, external: true }));
  },
});

/**
 * Makes esbuild bundle node-fetch without `whatwg-url`: it falls back on that where Node has no URL of its own, which ended with
 * Node 9. It is 290 KB with its tables, and loads Node's `punycode`, which prints DEP0040 on Node 24.
 */
export const nodeUrl: Plugin = {
  name: 'node-url',
  setup(build) {
    build.onResolve({ filter: /^whatwg-url$/ }, ({ path }) => ({ path, namespace: 'node-url' }));
    build.onLoad({ filter: /.*/, namespace: 'node-url' }, () => ({
      contents: `export { URL } from 'node:url';`,
    }));
  },
};

function isClientNode(importer: string): boolean {
  return importer.includes(['', 'node_modules', '@kubernetes', 'client-node', 'dist', ''].join(sep));
}

async function usedOf(name: string): Promise<readonly string[]> {
  const names = late[name] ?? [];
  if (names !== 'all') return names;
  const exported = Object.entries(await import(name));
  return exported.flatMap(([key, value]) => (typeof value === 'function' && key !== 'default' ? [key] : []));
}

/** A module with the names of a package, each standing in for the package's own and loading it at the first call, `new` or look inside. */
async function standIns(name: string): Promise<string> {
  const names = await usedOf(name);
  return `
    let loaded;
    const load = () => (loaded ??= require('./${lateFile(name)}'));
    const late = get => new Proxy(function () {}, {
      apply: (_, self, args) => Reflect.apply(get(), self, args),
      construct: (_, args) => Reflect.construct(get(), args),
      get: (_, key) => get()[key],
    });
    ${names.map((exported, i) => `const late${i} = late(() => load().${exported});`).join('\n')}
    export { ${names.map((exported, i) => `late${i} as ${exported}`).join(', ')} };`;
}
