import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { brokenBy, isTrouble, type Reply } from './http-reply.ts';
import { readAnswer } from './prometheus-answer.ts';
import type { QueryResult } from './query-result.ts';

/** What the errors tell about the question. */
export interface Asked {
  /** The base address, without credentials. */
  readonly address: string;
  /** Absent where another layer has tried for us. */
  readonly attempts?: number;
  readonly timeLimit?: Duration;
  /** `impossible` through the API server, which keeps the Authorization header to itself; `entra`: of an Azure connection. */
  readonly credentials: 'none' | 'given' | 'entra' | 'impossible';
}

/** Far above the few hundred KiB that the series of a release take. */
export const maxBodyMiB = 32;

/** A Prometheus that answers as it should, and does not take the query. */
export class QueryRefused extends CanaryError {
  constructor(
    address: string,
    /** Prometheus' own words. */
    readonly words: string,
  ) {
    super('PROMETHEUS_UNFIT', `What answers at ${address} refuses the query`, {
      found: words,
      hint: 'Check metricLabels',
    });
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
      const { code, message } = reply.error;
      if (code?.startsWith('HPE_') === true) {
        throw unfit(asked, 'does not speak HTTP', {
          found: message,
          hint: 'Check scheme and port of prometheus',
        });
      }
      throw unreachable(asked, brokenBy(reply.error), reply.error);
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
      hint: hintForCredentials(asked.credentials),
    });
  }
  const answer = readAnswer(reply.body);
  if (isTrouble(status)) {
    const itsWords = answer.kind === 'refused' ? ` (${answer.message})` : '';
    throw unreachable(asked, `HTTP ${status}${itsWords}`);
  }
  if (answer.kind === 'refused') {
    throw new QueryRefused(asked.address, answer.message);
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

function hintForCredentials(credentials: Asked['credentials']): string {
  switch (credentials) {
    case 'none':
      return 'Give credentials with prometheusServiceConnection';
    case 'given':
      return 'Check the user and password of prometheusServiceConnection, and prometheusHeaders';
    case 'entra':
      return 'Give the account of `azureSubscriptionConnection` the role "Monitoring Data Reader" on the Azure Monitor workspace; that may take half an hour to hold';
    case 'impossible':
      return 'The API server passes no credentials on: give a URL as `prometheus`, and prometheusServiceConnection';
  }
}

function unreachable(asked: Asked, found: string, cause?: unknown): CanaryError {
  const { attempts } = asked;
  const tried = attempts === undefined ? '' : attempts === 1 ? ', tried once' : `, tried ${attempts} times`;
  return new CanaryError('PROMETHEUS_UNREACHABLE', `Prometheus at ${asked.address} cannot be asked`, {
    found: `${found}${tried}`,
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
