/** An image reference taken apart, by the grammar that container runtimes and registries share (distribution/reference). */
export interface ImageReference {
  /** Registry and path in full: `docker.io/library/nginx` for `nginx`. What two references are compared by. */
  readonly repository: string;
  readonly tag?: string;
  /** With its algorithm: `sha256:…`. */
  readonly digest?: string;
}

export type ParsedImage =
  | { readonly kind: 'reference'; readonly reference: ImageReference }
  | { readonly kind: 'bad'; readonly reason: string };

const defaultRegistry = 'docker.io';
const longestRepository = 255;
const hostPart = '[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?';
const registryPattern = new RegExp(
  `^(?:${hostPart}(?:\\.${hostPart})*|\\[[0-9A-Fa-f:]+\\])(?::[0-9]{1,5})?$`,
);
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Takes `registry:5000/path/app:tag@sha256:…` apart. A text that no registry would accept is `bad`, with the reason; it is never
 * guessed at.
 */
export function parseImage(text: string): ParsedImage {
  if (text === '') return bad('it is empty');
  if (/\s/.test(text)) return bad('it contains white space');
  if (/^[A-Za-z]+:\/\//.test(text)) return bad('it begins with a scheme, which an image has not');
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    return bad(`${quoted(digest)} is not a digest such as sha256 and 64 lower-case hexadecimal digits`);
  }
  const named = at === -1 ? text : text.slice(0, at);
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) return bad(`${quoted(tag)} is not a tag`);
  const { registry, path } = splitRegistry(colon === -1 ? named : named.slice(0, colon));
  if (!registryPattern.test(registry)) return bad(`${quoted(registry)} is not the address of a registry`);
  if (!pathPattern.test(path)) {
    return bad(
      path === path.toLowerCase()
        ? `${quoted(path)} is not the path of a repository`
        : `the path ${quoted(path)} must be in lower case`,
    );
  }
  const repository = `${registry}/${path}`;
  if (repository.length > longestRepository) {
    return bad(`its repository is longer than ${longestRepository} characters`);
  }
  return {
    kind: 'reference',
    reference: {
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

/** Whether both name one repository, whatever their tags and digests: `nginx:1` and `docker.io/library/nginx@sha256:…` do. */
export function sameRepository(a: ImageReference, b: ImageReference): boolean {
  return a.repository === b.repository;
}

/**
 * The first part is a registry if it looks like a host: has a dot, a port or a capital letter, or is `localhost`. All else is on
 * Docker Hub, whose own images live under `library/`.
 */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost
    ? first.toLowerCase().replace(/^index\.docker\.io$/, defaultRegistry)
    : defaultRegistry;
  const path = isHost ? name.slice(slash + 1) : name;
  return {
    registry,
    path: registry === defaultRegistry && path !== '' && !path.includes('/') ? `library/${path}` : path,
  };
}

function isDigest(text: string): boolean {
  const colon = text.indexOf(':');
  const length = digestLengths[text.slice(0, colon)];
  const hex = text.slice(colon + 1);
  return length !== undefined && hex.length === length && /^[0-9a-f]+$/.test(hex);
}

function bad(reason: string): ParsedImage {
  return { kind: 'bad', reason };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
