/** Every reason for which the step can end badly or refuse to start. Each has an entry in docs/troubleshooting.md. */
export const errorCodes = [
  'INPUT_INVALID',
  'MANIFEST_UNREADABLE',
  'MANIFEST_INVALID',
  'MANIFEST_DUPLICATE',
  'NO_WORKLOAD',
  'NO_ROUTE',
  'IMAGE_UNMATCHED',
  'ROUTE_NOT_SPLIT',
  'ROUTE_NOT_SPLITTABLE',
  'FOREIGN_OBJECT',
  'LABELS_OVERLAP',
  'OBJECT_MISSING',
  'CONNECTION_INVALID',
  'CLUSTER_UNREACHABLE',
  'CLUSTER_FORBIDDEN',
  'CLUSTER_REFUSED',
  'CLUSTER_CONFLICT',
  'KIND_UNKNOWN',
  'LOCKED',
  'LOCK_LOST',
  'CANARY_KEPT',
  'NOTHING_PARKED',
  'RELEASE_TOO_LARGE',
  'ROLLOUT_NOT_READY',
  'PROMOTION_DIFFERS',
  'AZURE_UNREACHABLE',
  'AZURE_REFUSED',
  'PROMETHEUS_UNREACHABLE',
  'PROMETHEUS_UNFIT',
  'CANCELLED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** What would have been right. */
  readonly expected?: string;
  /** What was there instead. Outside text goes here as it is; the log neutralises it. */
  readonly found?: string;
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that a person can act on: a code, what was expected, what was found, and what to do. */
export class CanaryError extends Error {
  override readonly name = 'CanaryError';
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.expected = details.expected;
    this.found = details.found;
    this.hint = details.hint;
  }

  /** What happened in one line, without what to do about it: `message: found`. */
  get fact(): string {
    const message = cut(this.message, longestPart);
    return this.found === undefined ? message : `${message}: ${cut(this.found, longestFound)}`;
  }

  /** The whole story in one line: `message: expected …, found …. Do …`. Each part is cut where it is endless, so that none hides the next. */
  get sentence(): string {
    const facts = [
      this.expected === undefined ? undefined : `expected ${cut(this.expected, longestPart)}`,
      this.found === undefined ? undefined : `found ${cut(this.found, longestFound)}`,
    ].filter(part => part !== undefined);
    const message = cut(this.message, longestPart);
    const story = facts.length > 0 ? `${message}: ${facts.join(', ')}` : message;
    return this.hint === undefined ? story : `${story}. ${cut(this.hint, longestPart)}`;
  }

  /** The sentence behind the code by which docs/troubleshooting.md lists it. */
  get coded(): string {
    return `${this.code}: ${this.sentence}`;
  }
}

const longestPart = 600;
/** Some refusals quote the whole object. */
const longestFound = 800;

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Several errors found together, so that nobody has to fix them one run at a time. Never empty. */
export class CanaryErrors extends Error {
  override readonly name = 'CanaryErrors';

  constructor(readonly errors: readonly CanaryError[]) {
    super(errors.map(error => error.sentence).join('\n'));
  }
}

/** Throws what was collected, if anything was. What is true of several objects in the same words is told once. */
export function throwIfAny(errors: readonly CanaryError[]): void {
  const different = [...new Map(errors.map(error => [`${error.code} ${error.sentence}`, error])).values()];
  if (different.length === 1 && different[0] !== undefined) throw different[0];
  if (different.length > 1) throw new CanaryErrors(different);
}

/** Whether it was thrown for one of these reasons. */
export function hasCode(thrown: unknown, ...codes: readonly ErrorCode[]): boolean {
  return thrown instanceof CanaryError && codes.includes(thrown.code);
}

/** All that is wrong, in the sentences of its errors. */
export function sentencesOf(thrown: unknown): string {
  return toCanaryErrors(thrown)
    .map(error => error.sentence)
    .join('; ');
}

/** The errors of one or many, and an unforeseen throw as `INTERNAL`, so that no stack trace ever reaches the log. */
export function toCanaryErrors(thrown: unknown): readonly CanaryError[] {
  if (thrown instanceof CanaryErrors) return thrown.errors;
  if (thrown instanceof CanaryError) return [thrown];
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return [
    new CanaryError('INTERNAL', `An unforeseen error: ${text}`, {
      hint: 'Please report it with the log of a run that has system.debug set to true',
      cause: thrown,
    }),
  ];
}
