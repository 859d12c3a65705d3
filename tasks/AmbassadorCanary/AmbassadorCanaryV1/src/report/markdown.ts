/** Text from outside as Markdown shows it: what it is, and never markup, a link or HTML. */

/** As code, on one line. */
export function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``;
}

/** As prose, on one line. */
export function prose(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]<>#|~!&@]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, match => `${match.slice(0, -1)}\\.`);
}

/** Lines in a fence of their own, longer than any in them. */
export function fenced(language: string, lines: readonly string[]): string {
  const longest =
    lines
      .join('\n')
      .match(/`+/g)
      ?.reduce((most, run) => Math.max(most, run.length), 0) ?? 0;
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}${language}`, ...lines.map(oneLineKept), fence].join('\n');
}

/** A table; its cells are Markdown already. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  // A bar ends a cell even in code, unless it is escaped.
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replace(/\\?\|/g, '\\|')).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A diff keeps its indentation. */
function oneLineKept(text: string): string {
  return text.replace(/[\n\r\u2028\u2029\u0085\v\f]+/g, ' ');
}
