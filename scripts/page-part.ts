/** A page with this text in the place that it keeps for it, between `<!-- name -->` and `<!-- /name -->`. Throws where it keeps none. */
export function withPart(page: string, name: string, part: string): string {
  const { begin, end } = placeOf(page, name);
  return `${page.slice(0, begin)}\n${part}\n${page.slice(end)}`;
}

/** The text that the page has there. */
export function partOf(page: string, name: string): string {
  const { begin, end } = placeOf(page, name);
  return page.slice(begin, end).trim();
}

function placeOf(page: string, name: string): { readonly begin: number; readonly end: number } {
  const mark = `<!-- ${name} -->`;
  const begin = page.indexOf(mark) + mark.length;
  const end = page.indexOf(`<!-- /${name} -->`, begin);
  if (begin < mark.length || end < 0) throw new Error(`The page has no place for ${name}`);
  return { begin, end };
}
