import { CanaryError } from '../release/errors.ts';

/** One part of a path pattern: a name as it stands, any number of folders (`**`), or a name with wildcards. */
export type PatternSegment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'folders' }
  | {
      readonly kind: 'wildcard';
      readonly pattern: RegExp;
      /** Whether it spells a file's ending itself, as `*.yaml` does and `*` does not. */
      readonly hasEnding: boolean;
    };

const manifestEnding = /\.(?:ya?ml|json)$/i;
/** More alternatives than this in one line are a mistake. */
const mostAlternatives = 1_000;

/** Whether a file is a manifest by its name: what is taken from a folder, and by a wildcard without an ending of its own. */
export function isManifestName(name: string): boolean {
  return manifestEnding.test(name);
}

/**
 * The alternatives of `{a,b}`, nested ones too, in their order. Braces without a comma or a partner stand for themselves.
 * Throws `INPUT_INVALID` for more than a thousand.
 */
export function expandBraces(text: string): readonly string[] {
  const group = firstGroup(text);
  if (group === undefined) return [text];
  const { start, end, parts } = group;
  const expanded: string[] = [];
  for (const part of parts) {
    expanded.push(...expandBraces(text.slice(0, start) + part + text.slice(end + 1)));
    if (expanded.length > mostAlternatives) {
      throw new CanaryError(
        'INPUT_INVALID',
        `manifests: the braces of ${text} stand for more than ${mostAlternatives} paths`,
      );
    }
  }
  return expanded;
}

/**
 * The segments of a pattern without braces, by its slashes. `*` and `?` stand for characters of one name, `**` for folders. As in a shell, a
 * wildcard at the beginning of a name does not mean hidden ones. A trailing slash means everything in the folder.
 */
export function segmentsOf(pattern: string, ignoreCase = false): readonly PatternSegment[] {
  const names = pattern.split('/').filter(name => name !== '');
  if (pattern.endsWith('/') && names.length > 0) names.push('**');
  return names
    .filter((name, index) => name !== '**' || names[index - 1] !== '**')
    .map(name => {
      if (name === '**') return { kind: 'folders' };
      if (!/[*?]/.test(name)) return { kind: 'name', name };
      const hidden = /^[*?]/.test(name) ? '(?!\\.)' : '';
      const expression = new RegExp(`^${hidden}${nameExpression(name)}$`, ignoreCase ? 'i' : '');
      return { kind: 'wildcard', pattern: expression, hasEnding: name.includes('.') };
    });
}

/** What an exclusion without braces matches: the paths themselves and everything below them, hidden or not. */
export function exclusionOf(pattern: string, ignoreCase = false): RegExp {
  const names = pattern.replace(/\/+$/, '').split('/');
  const expression = names
    .map((name, index) => {
      const isLast = index === names.length - 1;
      if (name === '**') return isLast ? '.+' : '(?:[^/]+/)*';
      return nameExpression(name) + (isLast ? '' : '/');
    })
    .join('');
  return new RegExp(`^${expression}(?:/.*)?$`, ignoreCase ? 'i' : '');
}

function nameExpression(name: string): string {
  return name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]');
}

/** The first pair of braces with a comma of its own. */
function firstGroup(text: string): { start: number; end: number; parts: string[] } | undefined {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    const commas: number[] = [];
    let depth = 0;
    for (let at = start; at < text.length; at++) {
      if (text[at] === '{') depth++;
      if (text[at] === ',' && depth === 1) commas.push(at);
      if (text[at] !== '}' || --depth > 0) continue;
      if (commas.length === 0) break;
      const bounds = [start, ...commas, at];
      const parts = bounds.slice(1).map((bound, index) => text.slice((bounds[index] ?? 0) + 1, bound));
      return { start, end: at, parts };
    }
  }
  return undefined;
}
