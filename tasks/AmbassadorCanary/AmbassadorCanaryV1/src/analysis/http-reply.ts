import { Duration } from '../release/duration.ts';

/** What came of one try: an HTTP answer, or something instead of it. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly location?: string | undefined;
      readonly retryAfter?: string | undefined;
      readonly body: string;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'broken'; readonly error: Error & { readonly code?: string } };

const passingCodes = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'];
const firstBackoff = Duration.milliseconds(500);
/** Who wants us to wait longer is asked again with the next measurement. */
const longestPause = Duration.seconds(10);

/** A status that says that the server is in trouble, or busy, and not what it thinks of the question. */
export function isTrouble(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Whether the same question may well be answered a little later. */
function isPassing(reply: Reply): boolean {
  switch (reply.kind) {
    case 'answered':
      return isTrouble(reply.status);
    case 'timed-out':
      return true;
    case 'broken':
      return passingCodes.includes(reply.error.code ?? '');
    case 'too-large':
      return false;
  }
}

/**
 * How long to wait before the question is asked again, `undefined` where it should not be: what the server says in
 * Retry-After (whole seconds; a date would compare two clocks), else 0.5 s, 1 s, 2 s …
 */
export function pauseBeforeRetry(reply: Reply, attempts: number): Duration | undefined {
  if (!isPassing(reply)) return undefined;
  const asked = reply.kind === 'answered' ? reply.retryAfter : undefined;
  const pause =
    asked !== undefined && /^\d{1,6}$/.test(asked)
      ? Duration.seconds(Number(asked))
      : firstBackoff.times(2 ** (attempts - 1));
  return longestPause.isShorterThan(pause) ? undefined : pause;
}

/** What is known of a connection that broke: `ECONNRESET: socket hang up`. */
export function brokenBy(error: Error & { readonly code?: string }): string {
  // Advice of Node.js 24 that no user of a pipeline could follow.
  const [message = ''] = error.message.split('; if the root CA is installed locally');
  return [error.code, message].filter(part => part !== undefined && part !== '').join(': ');
}
