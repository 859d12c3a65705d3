import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { readAnswer } from './prometheus-answer.ts';
import type { QueryResult } from './query-result.ts';

/** What came of one try: an HTTP answer, or something instead of it. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly location: string | undefined;
      readonly body: string;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'broken'; readonly error: NodeJS.ErrnoException };

/** What the errors tell about the question. */
export interface Asked {
  /** The base address, without credentials. */
  readonly address: string;
  readonly attempts: number;
  readonly timeLimit: Duration;
}

/** Far above the few hundred KiB that the series of a release take. */
export const maxBodyMiB = 32;

const passingCodes = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'];

/** Whether the same question may well be answered a little later. */
export function isPassing(reply: Reply): boolean {
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

/** The result that the reply holds. Throws `PROMETHEUS_UNREACHABLE` or `PROMETHEUS_UNFIT`, naming the address and what came. */
export function understand(reply: Reply, asked: Asked): QueryResult {
  switch (reply.kind) {
    case 'answered':
      return understandAnswer(reply, asked);
    case 'too-large':
      throw unfit(asked, `answers with more than ${maxBodyMiB} MiB`, {
        hint: 'Narrow the queries down with metricLabels',
      });
    case 'timed-out':
      throw unreachable(asked, `no answer within ${asked.timeLimit}`);
    case 'broken': {
      const { code } = reply.error;
      // Advice of Node.js 24 that no user of a pipeline could follow.
      const [message = ''] = reply.error.message.split('; if the root CA is installed locally');
      if (code?.startsWith('HPE_') === true) {
        throw unfit(asked, 'does not speak HTTP', {
          found: message,
          hint: 'Check scheme and port of prometheus',
        });
      }
      const parts = [code, message].filter(part => part !== undefined && part !== '');
      throw unreachable(asked, parts.join(': '), reply.error);
    }
  }
}

function understandAnswer(reply: Extract<Reply, { kind: 'answered' }>, asked: Asked): QueryResult {
  const { status } = reply;
  if (status >= 300 && status < 400) {
    throw unfit(asked, 'redirects', {
      found: `HTTP ${status} to ${withoutQuery(reply.location)}`,
      hint: 'Set prometheus to the address of the API itself. A redirect to a login page means that it wants credentials',
    });
  }
  if (status === 401 || status === 403) {
    throw unfit(asked, 'does not let us in', {
      found: `HTTP ${status}`,
      hint: 'Give credentials with prometheusServiceConnection',
    });
  }
  const answer = readAnswer(reply.body);
  if (isTrouble(status)) {
    const itsWords = answer.kind === 'refused' ? ` (${answer.message})` : '';
    throw unreachable(asked, `HTTP ${status}${itsWords}`);
  }
  if (answer.kind === 'refused') {
    throw unfit(asked, 'refuses the query', { found: answer.message, hint: 'Check metricLabels' });
  }
  if (status >= 400 || answer.kind === 'garbage') {
    throw unfit(asked, 'does not answer as Prometheus does', {
      expected: 'the result of a query',
      found: answer.kind === 'garbage' ? `HTTP ${status} with ${answer.problem}` : `HTTP ${status}`,
      hint: 'Set prometheus to the base address of the API: what stands before /api/v1/query',
    });
  }
  return answer.result;
}

function isTrouble(status: number): boolean {
  return status === 429 || status >= 500;
}

function unreachable(asked: Asked, found: string, cause?: unknown): CanaryError {
  const tried = asked.attempts === 1 ? 'tried once' : `tried ${asked.attempts} times`;
  return new CanaryError('PROMETHEUS_UNREACHABLE', `Prometheus at ${asked.address} cannot be asked`, {
    found: `${found}, ${tried}`,
    hint: 'Check the address, and that the agent may connect to it (name, port, firewall, certificate)',
    cause,
  });
}

function unfit(
  asked: Asked,
  what: string,
  details: { readonly expected?: string; readonly found?: string; readonly hint: string },
): CanaryError {
  return new CanaryError('PROMETHEUS_UNFIT', `What answers at ${asked.address} ${what}`, details);
}

/** The query of a redirect may hold the state of a login. */
function withoutQuery(location: string | undefined): string {
  return location === undefined ? 'nowhere' : location.replace(/[?#].*$/s, '');
}
