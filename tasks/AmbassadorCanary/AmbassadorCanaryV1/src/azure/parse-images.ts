import type { ImageChoice } from '../release/spec.ts';
import type { InputProblems } from './input-problems.ts';
import { quote } from './input-problems.ts';

const hint =
  'Write one a line, for example `shop/web:1.4.2` or `web=registry.example.com:5000/shop/web:1.4.2`';

// The grammar of references, as registries read it: an optional registry with port, a lower-case path, tag and digest.
const registry =
  /(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d{1,5})?\//;
const component = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/;
const path = new RegExp(`${component.source}(?:/${component.source})*`);
const tag = /:\w[\w.-]{0,127}/;
const digest = /@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}/;
const reference = new RegExp(`^(?:${registry.source})?${path.source}(${tag.source})?(${digest.source})?$`);
const containerName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads `containers`, one image a line. An `=` before the first `/`, `:` or `@` marks the form `container=image`: in
 * a reference no `=` is legal. An image without tag or digest would mean whatever is `latest` by then, and is refused.
 */
export function parseImages(containers: string, problems: InputProblems): readonly ImageChoice[] {
  const images: ImageChoice[] = [];
  const seen = new Set<string>();
  for (const line of linesOf(containers)) {
    const choice = parseLine(line, problems);
    if (choice === undefined) continue;
    const target = choice.container ?? repositoryOf(choice.image);
    const key = `${choice.container === undefined ? 'repository' : 'container'} ${target}`;
    if (seen.has(key)) {
      note(problems, `one image for each container, \`${target}\` has two`, line);
    }
    seen.add(key);
    images.push(choice);
  }
  return images;
}

/** The lines of a `multiLine` input that say something. */
export function linesOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '');
}

function parseLine(line: string, problems: InputProblems): ImageChoice | undefined {
  const [, container, image = ''] = /^(?:([^/:@=]*)=)?(.*)$/s.exec(line) ?? [];
  if (container !== undefined && !containerName.test(container)) {
    note(problems, 'the name of a container before `=`: lower-case letters, digits and `-`', line);
    return undefined;
  }
  const parts = reference.exec(image);
  if (parts === null) {
    note(problems, 'an image as a registry knows it', line);
    return undefined;
  }
  if (parts[1] === undefined && parts[2] === undefined) {
    note(problems, 'a tag or a digest at the end of the image', line);
    return undefined;
  }
  return container === undefined ? { image } : { container, image };
}

/** `registry:5000/shop/web` of `registry:5000/shop/web:1.4.2@sha256:…`. */
function repositoryOf(image: string): string {
  const [named = ''] = image.split('@');
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

function note(problems: InputProblems, expected: string, line: string): void {
  problems.invalid('containers', { expected, found: quote(line), hint });
}
