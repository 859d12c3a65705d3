import type { Paint } from './show-log.ts';

/** What users got from one version. */
export interface Book {
  readonly requests: number;
  readonly failed: number;
}

/** What users have really seen, by version, whatever the step says of it. */
export function usersSaw(books: ReadonlyMap<string, Book>, paint: Paint): string[] {
  const versions = [...books];
  const total = (field: keyof Book) => versions.reduce((sum, [, book]) => sum + book[field], 0);
  const [requests, failed] = [total('requests'), total('failed')];
  const percent = requests === 0 ? 0 : (100 * failed) / requests;
  const byVersion = versions.map(
    ([version, book]) => `${version}: ${count(book.requests)}, ${count(book.failed)} failed`,
  );
  return [
    paint(
      `Users sent ${count(requests)} requests; ${count(failed)} of them failed (${percent.toFixed(2)} %).`,
      'bold',
    ),
    ...(versions.length === 0 ? [] : [`By version — ${byVersion.join('; ')}`]),
  ];
}

function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
}
