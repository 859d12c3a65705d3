import { asRecord, asStringMap, type KubeObject, valueAt } from '../release/kube-object.ts';
import { containersOf, templatePathOf } from './image-containers.ts';
import type { Path } from './read-document.ts';

/** A place holder that some earlier step should have replaced. */
export interface Token {
  readonly path: Path;
  readonly token: string;
}

/** As far as one looks for the end of a place holder, so that a text of nothing but beginnings costs no time. */
const longestToken = 200;
const anyToken = /#\{[^{}\n]*\}#?|\$\([^()\n]*\)|\$\{[^{}\n]*\}|\{\{[^\n]{0,196}?\}\}/;
const wholeToken = /^#\{[^{}\n]+\}#$/;

/**
 * The tokens (`#{…}#`, `$(…)`, `${…}`, `{{…}}`) that nobody replaced, where they can't be anything else: in names, labels, images, selectors
 * and a Mapping's host and service. Elsewhere most of them are legal: `$(VAR)` in args, env and command is Kubernetes' own, and rules,
 * scripts and templates in a ConfigMap or an annotation may hold the rest. Only a text that is a `#{…}#` and no more is a
 * token everywhere.
 */
export function unreplacedTokens(object: KubeObject): readonly Token[] {
  const found = new Map<string, Token>();
  const note = (path: Path, token: string | undefined) => {
    const key = JSON.stringify(path);
    if (token !== undefined && !found.has(key)) found.set(key, { path, token });
  };
  for (const path of wordPaths(object)) {
    const word = at(object, path);
    if (typeof word === 'string') note(path, anyToken.exec(word)?.[0]);
  }
  for (const path of labelPaths(object)) {
    for (const [key, value] of Object.entries(asStringMap(at(object, path)))) {
      note([...path, key], anyToken.exec(key)?.[0] ?? anyToken.exec(value)?.[0]);
    }
  }
  for (const path of wholeTokens(object, [])) note(path, at(object, path) as string);
  return [...found.values()];
}

/** A `#{…}#` that stands where a value is missing, and so is a comment to YAML. */
export function commentTokenAt(text: string, offset: number): string | undefined {
  return /^[ \t]*(#\{[^{}\n]+\}#)/.exec(text.slice(offset, offset + longestToken))?.[1];
}

/** A `{{…}}`, which YAML takes for a mapping in a mapping. */
export function braceTokenAt(text: string, offset: number): string | undefined {
  return /^\{\{[^\n]*?\}\}/.exec(text.slice(offset, offset + longestToken))?.[0];
}

function wordPaths(object: KubeObject): Path[] {
  const own = [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace']];
  const containers = containersOf(object).flatMap(({ path }) => [
    [...path, 'name'],
    [...path, 'image'],
  ]);
  const route = isMapping(object) ? ['hostname', 'host', 'service'].map(field => ['spec', field]) : [];
  return [...own, ...containers, ...route];
}

function labelPaths(object: KubeObject): Path[] {
  const paths = [['metadata', 'labels']];
  const template = templatePathOf(object);
  if (template !== undefined)
    paths.push([...template, 'metadata', 'labels'], ['spec', 'selector', 'matchLabels']);
  if (object.apiVersion === 'v1' && object.kind === 'Service') paths.push(['spec', 'selector']);
  return paths;
}

function isMapping({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Mapping' && /^(?:x\.)?getambassador\.io\//.test(apiVersion);
}

function* wholeTokens(value: unknown, path: Path): Generator<Path> {
  if (typeof value === 'string') {
    if (value.startsWith('#{') && wholeToken.test(value)) yield path;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* wholeTokens(item, [...path, index]);
  } else {
    for (const [key, item] of Object.entries(asRecord(value) ?? {})) yield* wholeTokens(item, [...path, key]);
  }
}

function at(object: KubeObject, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (Array.isArray(value) ? value[step as number] : valueAt(value, String(step))),
    object,
  );
}
