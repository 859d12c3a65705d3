import { parseJson } from '../release/parse-json.ts';
import { revealAll } from '../release/secret.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Webhook } from '../release/webhook.ts';
import { brokenBy, type Reply } from './http-reply.ts';
import { jsonAt, parseJsonPath } from './json-path.ts';

/** Statuses that say that nobody was there to answer: of a gateway, or of a server that is too busy. */
const nobodyThere = [429, 502, 503, 504];
const longestExcerpt = 200;
/** Shorter values stand in many harmless words too. */
const shortestSecret = 4;

/** Whether the answer is what the webhook expects. */
export function isExpected({ expectStatus, expectJson }: Webhook, reply: Reply): boolean {
  if (reply.kind !== 'answered') return false;
  const { status, body } = reply;
  const isGood = expectStatus === undefined ? status >= 200 && status < 300 : expectStatus.includes(status);
  if (!isGood || expectJson === undefined) return isGood;
  return jsonAt(parseJson(body), parseJsonPath(expectJson.path) ?? []) === expectJson.equals;
}

/**
 * What came of a call: `pass` for what was expected, `error` where nobody answered, and anything else is a `fail`, or
 * `inconclusive` for a gate, which may open yet. Of the body an excerpt is told, without what we sent.
 */
export function answerWebhook(webhook: Webhook, reply: Reply): Measurement {
  const { name, when } = webhook;
  const frame = { check: name, limit: expectation(webhook), actsAtOnce: true } as const;
  if (isExpected(webhook, reply)) return { ...frame, verdict: 'pass', value: valueText(webhook, reply) };
  if (reply.kind !== 'answered') {
    return {
      ...frame,
      verdict: 'error',
      value: 'no answer',
      detail: withoutSecrets(webhook, whyNone(webhook, reply)),
    };
  }
  const no = when === 'gate' ? 'inconclusive' : 'fail';
  const excerpt = withoutSecrets(webhook, reply.body).trim().slice(0, longestExcerpt);
  const notes = [
    ...(reply.status >= 300 && reply.status < 400 ? ['redirects are not followed'] : []),
    ...(excerpt === '' ? [] : [`it says ${JSON.stringify(excerpt)}`]),
  ];
  return {
    ...frame,
    verdict: nobodyThere.includes(reply.status) ? 'error' : no,
    value: valueText(webhook, reply),
    ...(notes.length > 0 && { detail: notes.join('; ') }),
  };
}

/** The answer where the URL comes to none. */
export function noUrl({ name }: Webhook): Measurement {
  const detail = 'its URL is none once the names are in it';
  return { check: name, verdict: 'error', value: 'no answer', detail, actsAtOnce: true };
}

function expectation({ expectStatus, expectJson }: Webhook): string {
  const status = expectStatus === undefined ? '2xx' : expectStatus.join(' or ');
  return expectJson === undefined
    ? status
    : `${status}, ${expectJson.path} = ${JSON.stringify(expectJson.equals)}`;
}

function valueText({ expectJson }: Webhook, reply: Reply): string {
  if (reply.kind !== 'answered') return 'no answer';
  const status = `HTTP ${reply.status}`;
  if (expectJson === undefined) return status;
  const found = jsonAt(parseJson(reply.body), parseJsonPath(expectJson.path) ?? []);
  const text = JSON.stringify(found) ?? 'nothing';
  return `${status}, ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
}

function whyNone({ timeout }: Webhook, reply: Exclude<Reply, { kind: 'answered' }>): string {
  switch (reply.kind) {
    case 'timed-out':
      return `no answer within ${timeout}`;
    case 'too-large':
      return 'an answer of more than 1 MiB';
    case 'broken':
      return brokenBy(reply.error);
  }
}

/** A server may repeat what it was sent, and a page of its errors often does. */
function withoutSecrets({ url, headers, body }: Webhook, text: string): string {
  const [, pathname = '', search = ''] = /^\w+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/.exec(url.reveal()) ?? [];
  const values = Object.values(revealAll(headers)).flatMap(value => [value, value.replace(/^\w+ +/, '')]);
  const secrets = [...values, body?.reveal() ?? '', `${pathname}${search}`, pathname, search.slice(1)];
  return secrets
    .filter(secret => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
