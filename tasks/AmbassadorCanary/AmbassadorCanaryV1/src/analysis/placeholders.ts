const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The names of the placeholders of a text. */
export function placeholdersOf(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name);
}

/** The placeholders of a text that are none of these. */
export function unknownPlaceholders(text: string, known: readonly string[]): readonly string[] {
  return [...text.matchAll(placeholder)].flatMap(([whole, name = '']) =>
    known.includes(name) ? [] : [whole],
  );
}

/** The text with something put in for each `{{name}}`: `textFor` gets the name, the place and the placeholder itself. */
export function fillPlaceholders(
  template: string,
  textFor: (name: string, at: number, whole: string) => string,
): string {
  return template.replace(placeholder, (whole, name: string, at: number) => textFor(name, at, whole));
}
