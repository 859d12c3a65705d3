import { CanaryError, throwIfAny } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf } from '../release/kube-object.ts';
import type { Problem, ReadDocument } from './read-document.ts';
import { hintFor, isHelmTemplate } from './read-foreign.ts';
import { readJson } from './read-json.ts';
import { objectsOf } from './read-objects.ts';
import { readYaml } from './read-yaml.ts';

/** A manifest file as text. The path is what messages call it. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/** Where something stands. Lines count from 1. */
export interface Source {
  readonly path: string;
  readonly line: number;
}

/** An object from a manifest: exactly what the manifest says, whatever its kind. */
export interface ManifestDocument {
  readonly object: KubeObject;
  readonly source: Source;
}

/** In bytes; the size is also checked before a file is read at all. */
export const largestManifestFile = 32 * 1024 * 1024;
/** Documents in one file, empty ones too, and Lists by their items. */
export const mostDocumentsInFile = 20_000;
/** Enough to see what is wrong with a file. */
const mostProblemsTold = 20;
const mostPlacesTold = 5;

/**
 * Reads manifests into objects, in the order of the files, Lists taken apart. What kubectl would send for a document, this
 * sends too (read-scalars.ts says where readers of YAML disagree); fields that nobody here knows stay as they are.
 *
 * Throws all problems together, each with file and line: `MANIFEST_INVALID` for what can't be read or can't be an object, for tokens
 * that were left unreplaced and for files beyond the limits; `MANIFEST_DUPLICATE` for an object that is there twice. Objects
 * without a namespace count as being in one of their own: look again (`duplicatesIn`) once they have got theirs.
 */
export function readManifests(files: readonly ManifestFile[]): {
  readonly documents: readonly ManifestDocument[];
} {
  const documents: ManifestDocument[] = [];
  const errors: CanaryError[] = [];
  for (const file of files) {
    const { objects, problems } = readFile(file);
    for (const object of objects) documents.push(object);
    errors.push(...errorsOf(file, problems));
  }
  throwIfAny([...errors, ...duplicatesIn(documents)]);
  return { documents };
}

/** One error for each object that is there more than once, whatever its version, naming all the places. */
export function duplicatesIn(documents: readonly ManifestDocument[]): readonly CanaryError[] {
  const places = new Map<string, ManifestDocument[]>();
  for (const document of documents) {
    const identity = identityOf(refOf(document.object));
    const same = places.get(identity);
    if (same === undefined) places.set(identity, [document]);
    else same.push(document);
  }
  return [...places.values()].flatMap(same => {
    const [first] = same;
    if (first === undefined || same.length === 1) return [];
    const where = same
      .slice(0, mostPlacesTold)
      .map(({ source }) => placeOf(source))
      .join(' and ');
    return [
      new CanaryError(
        'MANIFEST_DUPLICATE',
        `${nameOf(refOf(first.object))} is there more than once: ${where}`,
        {
          hint: 'Keep one of them, or leave a file out with a line such as !path/to/file.yaml',
        },
      ),
    ];
  });
}

/** What is wrong with a file: the first problems, and how many there are more. Lines are only looked up for those told. */
class FileProblems {
  readonly told: Problem[] = [];
  more = 0;

  add(problem: Omit<Problem, 'line'>, lineOf: () => number): void {
    if (this.told.length < mostProblemsTold) this.told.push({ ...problem, line: lineOf() });
    else this.more++;
  }

  /** In the place of all others. */
  static only(reason: string): FileProblems {
    const problems = new FileProblems();
    problems.add({ reason }, () => 1);
    return problems;
  }
}

function readFile(file: ManifestFile): { objects: ManifestDocument[]; problems: FileProblems } {
  const objects: ManifestDocument[] = [];
  const problems = new FileProblems();
  if (Buffer.byteLength(file.text) > largestManifestFile) {
    const limit = `${largestManifestFile / 1024 / 1024} MiB`;
    return { objects, problems: FileProblems.only(`it is larger than ${limit}`) };
  }
  let count = 0;
  for (const document of documentsOf(file)) {
    count++;
    if (document.kind === 'broken') {
      for (const problem of document.problems) problems.add(problem, () => problem.line);
      continue;
    }
    for (const item of objectsOf(document.value)) {
      if (item.kind === 'object') {
        objects.push({ object: item.object, source: { path: file.path, line: document.lineAt(item.path) } });
      } else {
        for (const { path, ...flaw } of item.flaws) problems.add(flaw, () => document.lineAt(path));
      }
    }
    if (Math.max(count, objects.length) > mostDocumentsInFile) {
      return {
        objects: [],
        problems: FileProblems.only(`it holds more than ${mostDocumentsInFile} documents`),
      };
    }
  }
  return { objects, problems };
}

/** JSON where the text is JSON, else YAML, as kubectl does it. */
function documentsOf({ path, text }: ManifestFile): Iterable<ReadDocument> {
  const clean = normalized(text);
  if (!/^\s*\{/.test(clean)) return readYaml(clean);
  const reading = readJson(clean);
  if (reading.kind === 'json') return reading.documents;
  return path.toLowerCase().endsWith('.json')
    ? [{ kind: 'broken', problems: [reading.problem] }]
    : readYaml(clean);
}

/**
 * Without byte order marks, which also stand at the beginning of a later line where files were joined, and with the line ends that kubectl
 * sees in a lone carriage return and in one too many.
 */
function normalized(text: string): string {
  const unmarked = text.includes('\uFEFF') ? text.replace(/^\uFEFF/gm, '') : text;
  return unmarked.includes('\r') ? unmarked.replace(/\r\r\n|\r(?!\n)/g, '\n') : unmarked;
}

function errorsOf({ path, text }: ManifestFile, { told, more }: FileProblems): CanaryError[] {
  const problems = told.toSorted((a, b) => a.line - b.line);
  const [first] = problems;
  if (first === undefined) return [];
  const lines = problems.map(({ line }) => line);
  if (isHelmTemplate(text, lines)) {
    return [
      new CanaryError(
        'MANIFEST_INVALID',
        `${placeOf({ path, line: first.line })}: this is a template of a Helm chart`,
        {
          hint: 'Render the chart first (helm template … > file.yaml) and give that file',
        },
      ),
    ];
  }
  const errors = problems.map(({ line, reason, hint = hintFor(path) }) => {
    return new CanaryError(
      'MANIFEST_INVALID',
      `${placeOf({ path, line })}: ${reason}`,
      hint === undefined ? {} : { hint },
    );
  });
  return more === 0
    ? errors
    : [...errors, new CanaryError('MANIFEST_INVALID', `${path}: and ${more} problems more`)];
}

function placeOf({ path, line }: Source): string {
  return `${path}:${line}`;
}
