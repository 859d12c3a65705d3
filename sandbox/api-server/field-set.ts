import { isObject, type JsonObject } from '../objects.ts';

/** One step into an object, as FieldsV1 writes it: `f:name`, `k:{"name":"web"}` (an item of a list), `v:"x"` (of a set). */
export type PathElement = string;
export type Path = readonly PathElement[];

const separator = '\u0000';

/** A set of paths into an object: what a field manager owns, or what a change touches. Never changed once made. */
export class FieldSet {
  static readonly empty = new FieldSet(new Set());
  readonly #paths: ReadonlySet<string>;

  private constructor(paths: ReadonlySet<string>) {
    this.#paths = paths;
  }

  static of(paths: Iterable<Path>): FieldSet {
    const joined = new Set<string>();
    for (const path of paths) if (path.length > 0) joined.add(path.join(separator));
    return new FieldSet(joined);
  }

  /** Reads `fieldsV1`: an empty object is a member, as is one with a `.`; other keys lead deeper. */
  static fromFieldsV1(fields: JsonObject): FieldSet {
    const paths: Path[] = [];
    const walk = (node: JsonObject, path: Path): void => {
      const children = Object.entries(node);
      if ('.' in node || children.length === 0) paths.push(path);
      for (const [element, child] of children) {
        if (element !== '.' && isObject(child)) walk(child, [...path, element]);
      }
    };
    walk(fields, []);
    return FieldSet.of(paths);
  }

  get isEmpty(): boolean {
    return this.#paths.size === 0;
  }

  has(path: Path): boolean {
    return this.#paths.has(path.join(separator));
  }

  paths(): Path[] {
    return [...this.#paths].map(path => path.split(separator));
  }

  union(other: FieldSet): FieldSet {
    return new FieldSet(new Set([...this.#paths, ...other.#paths]));
  }

  without(other: FieldSet): FieldSet {
    return new FieldSet(new Set([...this.#paths].filter(path => !other.#paths.has(path))));
  }

  intersection(other: FieldSet): FieldSet {
    return new FieldSet(new Set([...this.#paths].filter(path => other.#paths.has(path))));
  }

  /** Without everything at or below these paths. */
  outside(roots: readonly Path[]): FieldSet {
    const isBelow = (path: Path) =>
      roots.some(root => root.every((element, index) => path[index] === element));
    return FieldSet.of(this.paths().filter(path => !isBelow(path)));
  }

  equals(other: FieldSet): boolean {
    return this.#paths.size === other.#paths.size && this.without(other).isEmpty;
  }

  /** The form of `metadata.managedFields[].fieldsV1`, keys sorted. */
  toFieldsV1(): JsonObject {
    const root: JsonObject = {};
    for (const path of this.paths().sort(comparePaths)) {
      let node = root;
      for (const element of path) {
        const next = node[element];
        const child = isObject(next) ? next : {};
        node[element] = child;
        node = child;
      }
      node['.'] = {};
    }
    return withoutLeafDots(root);
  }
}

function comparePaths(a: Path, b: Path): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left = '', right = ''] = [a[i], b[i]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/** A member without children is written `{}`; the dot is only needed where children follow. */
function withoutLeafDots(node: JsonObject): JsonObject {
  const entries = Object.entries(node);
  if (entries.length === 1 && '.' in node) return {};
  return Object.fromEntries(
    entries.map(([key, child]) => [key, key === '.' || !isObject(child) ? child : withoutLeafDots(child)]),
  );
}

/** `.spec.template.spec.containers[name="web"].image`, as conflicts and typing errors name a field. */
export function pathText(path: Path): string {
  return path
    .map(element => {
      const value = element.slice(2);
      if (element.startsWith('f:')) return `.${value}`;
      if (element.startsWith('v:')) return `[=${value}]`;
      const keys = Object.entries(JSON.parse(value) as JsonObject);
      return `[${keys.map(([key, item]) => `${key}=${JSON.stringify(item)}`).join(',')}]`;
    })
    .join('');
}
