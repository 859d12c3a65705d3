import { isDeepStrictEqual } from 'node:util';

/** A question to the stand-in of Azure. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly host: string;
  readonly text: string;
}

export interface Told {
  readonly status: number;
  readonly body: unknown;
}

/** The question is not one that Azure would understand. */
export class Complaint extends Error {}

/** Complains where a field is not what it has to be. */
export function demand(field: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Complaint(`${field} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}
