import type { Metafile } from 'esbuild';

/** A package in a bundle, or our own sources, and the bytes that it takes there. */
export interface PackageBytes {
  readonly name: string;
  readonly bytes: number;
}

/** One bundle's bytes by package, the largest first. */
export function bytesByPackage(metafile: Metafile, output: string): readonly PackageBytes[] {
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(metafile.outputs[output]?.inputs ?? {})) {
    const name = packageOf(path)?.name ?? 'our own sources';
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytes].map(([name, size]) => ({ name, bytes: size })).sort((a, b) => b.bytes - a.bytes);
}

/**
 * What is wrong with what went into the bundles; nothing for a good one. task-lib keeps the secrets in module state, so that
 * two copies of it lose them (`facts/extensions.md 4`); client-node is there for KubeConfig, not for its models and APIs.
 */
export function bundleProblems(metafile: Metafile): readonly string[] {
  const problems: string[] = [];
  for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
    const paths = Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    );
    const taskLibs = new Set(
      paths.map(packageOf).flatMap(found => (found?.name === 'azure-pipelines-task-lib' ? [found.root] : [])),
    );
    if (taskLibs.size > 1) {
      problems.push(
        `${output} holds azure-pipelines-task-lib ${taskLibs.size} times: ${[...taskLibs].join(', ')}`,
      );
    }
    const generated = paths.filter(path =>
      /@kubernetes\/client-node\/dist\/gen\/(apis|models|types)\//.test(path),
    );
    if (generated.length > 0) {
      problems.push(
        `${output} holds ${generated.length} API files of client-node, first ${generated[0]}: import KubeConfig only`,
      );
    }
  }
  return problems;
}

/** The innermost package of a path, with the folder that it lies in; a lazy one is named by its stub's namespace. */
export function packageOf(path: string): { readonly name: string; readonly root: string } | undefined {
  const match = /^(.*node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(path);
  const [, folder, name] = match ?? [];
  return folder === undefined || name === undefined ? undefined : { name, root: folder + name };
}
