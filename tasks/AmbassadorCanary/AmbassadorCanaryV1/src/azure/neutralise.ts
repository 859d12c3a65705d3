import { stripVTControlCharacters } from 'node:util';

const longestLine = 2_000;

const lineBreaks = /\r\n|[\n\v\f\r\u0085\u2028\u2029\t]/g;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Makes one harmless line of any text. The agent looks for commands anywhere in a line (facts/azure.md 5), so `##vso[`
 * and `##[` are broken up, after everything invisible is gone that could hide one. Longer lines are cut.
 */
export function neutralise(text: string, limit: number = longestLine): string {
  // The cut comes first, generously, so that a huge body costs nothing; the exact one comes last.
  const line = stripVTControlCharacters(text.slice(0, limit * 4))
    .replace(lineBreaks, ' ')
    .replace(invisible, '')
    .replace(/##(?=vso|\[)/gi, '# #')
    .trimEnd();
  const characters = Array.from(line);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : line;
}

/** A line that also means nothing to a shell within double quotes, where scripts put `$(canary.reason)`. */
export function neutraliseForScripts(text: string): string {
  return neutralise(text).replace(/["`]/g, "'").replace(/\\/g, '/').replace(/\$/g, '');
}
