import { Duration } from '../release/duration.ts';
import { valueAt } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import type { ExchangeError, WholeAnswer } from './exchange.ts';

/** How often a request is tried in all. */
export const maximumTries = 5;
/** No try begins later than this after the first. */
const retryWindow = Duration.seconds(20);

/** What may be known of a request that did not get through. */
export interface Setback {
  /** Worth another try at all. */
  readonly passing: boolean;
  /** The server may have done what was asked, and nobody told us. */
  readonly maybeProcessed: boolean;
  /** The first one of a kind that more time would not heal: try again at once. */
  readonly stale: boolean;
  /** The server was silent for the whole time limit. */
  readonly silent: boolean;
  readonly retryAfter?: Duration;
}

/**
 * Of these statuses, only 429 is sent before anything was done (API priority and fairness turns the request away at
 * the door). A 500, 502, 503 or 504 may come from a proxy, or from etcd after the write.
 */
const passingStatuses = new Set([429, 500, 502, 503, 504]);

/** Judges an answer: `undefined` for one that stands, good or bad. */
export function setbackOfAnswer(answer: WholeAnswer): Setback | undefined {
  const { status, retryAfter } = answer;
  if (!passingStatuses.has(status) || isVerdict(answer)) return undefined;
  // The API server gives whole seconds. The other form, a date, would compare two clocks: our own pause does then.
  const seconds = retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return {
    passing: true,
    maybeProcessed: status !== 429,
    stale: false,
    silent: false,
    ...(seconds !== undefined && { retryAfter: Duration.seconds(seconds) }),
  };
}

/**
 * A 500 that is about what was sent: an apply with a field that the schema lacks is answered so, without a reason, while
 * internal troubles carry the reason InternalError (tried on 1.35).
 */
function isVerdict({ status, text }: WholeAnswer): boolean {
  if (status !== 500) return false;
  const body = parseJson(text);
  return valueAt(body, 'kind') === 'Status' && valueAt(body, 'reason') === undefined;
}

/** TLS that does not trust the other side, or an address that does not exist, will not heal in twenty seconds. */
const passingCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'CONNECT_TIMEOUT',
  'ANSWER_TIMEOUT',
]);

/** Judges an exchange that broke. */
export function setbackOfError(error: ExchangeError): Setback {
  const { code, maybeProcessed, reused } = error.details;
  return {
    passing: passingCodes.has(code),
    maybeProcessed,
    stale: reused && (code === 'ECONNRESET' || code === 'EPIPE'),
    silent: code === 'ANSWER_TIMEOUT',
  };
}

export interface Tries {
  /** How many were made. */
  readonly made: number;
  /** How many of them were met by silence. */
  readonly silent: number;
  /** Since the first began. */
  readonly elapsed: Duration;
}

/**
 * How long to wait before the next try; `undefined` when there is to be none. `harmless` says that doing it twice is
 * like doing it once: where it is not, only a request that surely was not processed is sent again.
 */
export function pauseBeforeRetry(
  setback: Setback,
  tries: Tries,
  harmless: boolean,
  random: () => number,
): Duration | undefined {
  if (!setback.passing || tries.made >= maximumTries) return undefined;
  if (setback.maybeProcessed && !harmless) return undefined;
  if (setback.stale && tries.made === 1) return Duration.zero;
  // A connection that some middlebox forgot looks like a silent server. The one silence uses up the whole window, but
  // a new connection mostly gets through, so it is worth one more try; a server that is silent twice is not.
  if (setback.silent) return tries.silent === 1 ? Duration.zero : undefined;
  const pause = setback.retryAfter ?? backoff(tries.made, random);
  return retryWindow.isShorterThan(tries.elapsed.plus(pause)) ? undefined : pause;
}

/** 0.25, 0.75, 2.25, 6.75 s, each between half and one and a half of that, so that many clients don't come back as one. */
function backoff(made: number, random: () => number): Duration {
  return Duration.milliseconds(250 * 3 ** (made - 1) * (0.5 + random()));
}
