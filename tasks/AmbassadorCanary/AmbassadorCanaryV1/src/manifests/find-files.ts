import { CanaryError } from '../release/errors.ts';
import { isManifestName, type PatternSegment } from './find-pattern.ts';

export type FileKind = 'file' | 'folder' | 'other';

export interface FileEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** The files that can be asked for. Paths have slashes. */
export interface FileTree {
  /** What is in a folder, links followed. A link that leads nowhere is a file, so that reading it tells. */
  list(folder: string): Promise<readonly FileEntry[]>;
  /** `undefined` where there is nothing. */
  kindOf(path: string): Promise<FileKind | undefined>;
  /** One name for whatever is there, by whichever links one comes to it. */
  identityOf(path: string): Promise<string>;
}

/** Whoever has to look through more than this did not mean it. */
const mostEntries = 100_000;
/** Folders of others' files, large ones. Hidden folders (`.git`) are not entered either. */
const neverEntered = 'node_modules';

/**
 * The paths of the files that a pattern means, from the folder where it begins. Where it ends in a folder's name or in `**`, they are the
 * manifests in the folder and in its folders. A link to a folder that one is already in is not followed. What is
 * `excluded` is neither taken nor entered. Throws `INPUT_INVALID` for a pattern that has to look through too much.
 */
export function findFiles(
  start: string,
  segments: readonly PatternSegment[],
  excluded: (path: string) => boolean,
  tree: FileTree,
): Promise<readonly string[]> {
  return new Search(segments, excluded, tree).from(start);
}

class Search {
  readonly #segments: readonly PatternSegment[];
  readonly #excluded: (path: string) => boolean;
  readonly #tree: FileTree;
  readonly #found = new Set<string>();
  readonly #open = new Set<string>();
  readonly #lists = new Map<string, readonly FileEntry[]>();
  #looked = 0;

  constructor(segments: readonly PatternSegment[], excluded: (path: string) => boolean, tree: FileTree) {
    this.#segments = segments;
    this.#excluded = excluded;
    this.#tree = tree;
  }

  async from(start: string): Promise<readonly string[]> {
    if (this.#segments.length === 0) await this.#everyManifest(start);
    else await this.#follow(start, 0);
    return [...this.#found];
  }

  async #follow(folder: string, index: number): Promise<void> {
    const segment = this.#segments[index];
    if (segment === undefined) return;
    const isLast = index === this.#segments.length - 1;
    switch (segment.kind) {
      case 'name':
        return this.#name(join(folder, segment.name), isLast, index);
      case 'folders':
        if (isLast) return this.#everyManifest(folder);
        await this.#follow(folder, index + 1);
        return this.#intoFolders(folder, anyName, inner => this.#follow(inner, index));
      case 'wildcard': {
        const { pattern, hasEnding } = segment;
        if (!isLast) {
          return this.#intoFolders(
            folder,
            name => pattern.test(name),
            inner => this.#follow(inner, index + 1),
          );
        }
        for (const { name, kind } of await this.#list(folder)) {
          if (kind === 'file' && pattern.test(name) && (hasEnding || isManifestName(name)))
            this.#take(join(folder, name));
        }
      }
    }
  }

  /** What is named is meant, even where a wildcard would not lead. */
  async #name(path: string, isLast: boolean, index: number): Promise<void> {
    if (this.#excluded(path)) return;
    const kind = await this.#tree.kindOf(path);
    if (kind === 'folder') return isLast ? this.#everyManifest(path) : this.#follow(path, index + 1);
    if (isLast && kind !== undefined) this.#take(path);
  }

  async #everyManifest(folder: string): Promise<void> {
    for (const { name, kind } of await this.#list(folder)) {
      if (kind === 'file' && !name.startsWith('.') && isManifestName(name)) this.#take(join(folder, name));
    }
    return this.#intoFolders(folder, anyName, inner => this.#everyManifest(inner));
  }

  async #intoFolders(
    folder: string,
    wanted: (name: string) => boolean,
    enter: (inner: string) => Promise<void>,
  ): Promise<void> {
    const identity = await this.#tree.identityOf(folder);
    const isFirst = !this.#open.has(identity);
    this.#open.add(identity);
    for (const { name, kind } of await this.#list(folder)) {
      const inner = join(folder, name);
      if (kind !== 'folder' || name === neverEntered || !wanted(name) || this.#excluded(inner)) continue;
      if (!this.#open.has(await this.#tree.identityOf(inner))) await enter(inner);
    }
    if (isFirst) this.#open.delete(identity);
  }

  async #list(folder: string): Promise<readonly FileEntry[]> {
    const known = this.#lists.get(folder);
    if (known !== undefined) return known;
    const entries = await this.#tree.list(folder);
    this.#lists.set(folder, entries);
    this.#looked += entries.length;
    if (this.#looked <= mostEntries) return entries;
    throw new CanaryError(
      'INPUT_INVALID',
      `manifests: a line makes us look through more than ${mostEntries} files and folders`,
      { hint: 'Name the folder of the manifests more closely' },
    );
  }

  #take(path: string): void {
    if (!this.#excluded(path)) this.#found.add(path);
  }
}

/** For `**`: every folder but hidden ones. */
const anyName = (name: string) => !name.startsWith('.');

function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
