import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type FileKind, type FileTree, findFiles } from '../manifests/find-files.ts';
import { exclusionOf, expandBraces, segmentsOf } from '../manifests/find-pattern.ts';
import { largestManifestFile, type ManifestFile } from '../manifests/read-manifests.ts';
import { CanaryError, throwIfAny, toCanaryErrors } from '../release/errors.ts';

const isWindows = path.sep === '\\';

/**
 * Reads the files that the lines of the input `manifests` mean, sorted by path, each once, however many lines and links lead to it.
 *
 * A line is a file (whatever its ending), a folder (its .yaml, .yml and .json files, and those in its folders), or a pattern with
 * `*`, `**`, `?` and `{a,b}`; relative ones begin at `root`. A `!` before it takes files and folders out again, wherever the line
 * stands. Neither folders nor wildcards lead into `node_modules` or to hidden files.
 *
 * Throws all problems together: `INPUT_INVALID` for a line that means no file, `MANIFEST_UNREADABLE` for a file or folder that
 * cannot be read or is not UTF-8, `MANIFEST_INVALID` for a file that is too large.
 */
export async function readManifestFiles(
  lines: readonly string[],
  root: string,
): Promise<readonly ManifestFile[]> {
  const errors: CanaryError[] = [];
  const wanted = lines.map(line => line.trim()).filter(line => line !== '');
  const exclusions = await collected(errors, async () =>
    wanted
      .filter(line => line.startsWith('!'))
      .flatMap(line => patternsOf(line.slice(1).trim(), root))
      .map(pattern => exclusionOf(pattern, isWindows)),
  );
  const excluded = (file: string) => exclusions?.some(exclusion => exclusion.test(file)) ?? false;
  const inclusions = wanted.filter(line => !line.startsWith('!'));
  const found = new Set<string>();
  for (const line of inclusions) {
    await collected(errors, async () => {
      const files = await filesOf(line, root, excluded);
      if (files.length === 0) throw noFile(`${line} means no file`, root);
      for (const file of files) found.add(file);
    });
  }
  if (inclusions.length === 0) errors.push(noFile('no line names a file', root));
  const manifests: ManifestFile[] = [];
  for (const file of await distinct(found)) {
    const text = await collected(errors, () => textOf(file, shown(file, root)));
    if (text !== undefined) manifests.push({ path: shown(file, root), text });
  }
  throwIfAny(errors);
  return manifests;
}

async function filesOf(
  line: string,
  root: string,
  excluded: (file: string) => boolean,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const pattern of patternsOf(line, root)) {
    const start = slashed(path.parse(pattern).root);
    const segments = segmentsOf(pattern.slice(start.length), isWindows);
    files.push(...(await findFiles(start, segments, excluded, fileTree)));
  }
  return files;
}

/** A line's alternatives as absolute patterns with slashes. */
function patternsOf(line: string, root: string): readonly string[] {
  return expandBraces(slashed(line)).map(pattern =>
    slashed(path.normalize(path.isAbsolute(pattern) ? pattern : `${root}/${pattern}`)),
  );
}

const fileTree: FileTree = {
  async list(folder) {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return await Promise.all(
        entries.map(async entry => ({
          name: entry.name,
          kind: entry.isSymbolicLink()
            ? ((await this.kindOf(`${folder}/${entry.name}`)) ?? 'file')
            : kindOf(entry),
        })),
      );
    } catch (thrown) {
      throw thrown instanceof CanaryError ? thrown : unreadable(folder, reasonOf(thrown));
    }
  },
  async kindOf(file) {
    try {
      return kindOf(await stat(file));
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(reasonOf(thrown))) return undefined;
      throw unreadable(file, reasonOf(thrown));
    }
  },
  identityOf: file => realpath(file).catch(() => file),
};

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileKind {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

/** Sorted, and of several ways to one file the one without links, or else the first. */
async function distinct(files: ReadonlySet<string>): Promise<readonly string[]> {
  const byIdentity = new Map<string, string>();
  for (const file of [...files].sort()) {
    const identity = await fileTree.identityOf(file);
    if (!byIdentity.has(identity) || file === identity) byIdentity.set(identity, file);
  }
  return [...byIdentity.values()].sort();
}

async function textOf(file: string, name: string): Promise<string> {
  let bytes: Buffer;
  try {
    const found = await stat(file);
    if (!found.isFile()) throw unreadable(name, 'it is not a file');
    if (found.size > largestManifestFile) {
      throw new CanaryError(
        'MANIFEST_INVALID',
        `${name} is larger than ${largestManifestFile / 1024 / 1024} MiB`,
      );
    }
    bytes = await readFile(file);
  } catch (thrown) {
    throw thrown instanceof CanaryError ? thrown : unreadable(name, reasonOf(thrown));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw unreadable(name, isUtf16 ? 'it is UTF-16, not UTF-8' : 'it is not UTF-8', 'Save it as UTF-8');
  }
}

/** Runs it, and keeps what it throws with the other errors. */
async function collected<T>(errors: CanaryError[], run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    errors.push(...toCanaryErrors(thrown));
    return undefined;
  }
}

function noFile(what: string, root: string): CanaryError {
  return new CanaryError('INPUT_INVALID', `manifests: ${what}`, {
    expected: `files, folders or patterns below ${root}, or absolute ones`,
    hint: 'A folder is searched for .yaml, .yml and .json files',
  });
}

function unreadable(file: string, why: string, hint?: string): CanaryError {
  return new CanaryError(
    'MANIFEST_UNREADABLE',
    `${file} cannot be read: ${why}`,
    hint === undefined ? {} : { hint },
  );
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return (thrown as NodeJS.ErrnoException).code ?? thrown.message;
  return String(thrown);
}

/** As messages show it: relative where it is below the root. */
function shown(file: string, root: string): string {
  const relative = slashed(path.relative(root, file));
  return relative === '..' || relative.startsWith('../') || path.isAbsolute(relative) ? file : relative;
}

function slashed(file: string): string {
  return isWindows ? file.replaceAll('\\', '/') : file;
}
