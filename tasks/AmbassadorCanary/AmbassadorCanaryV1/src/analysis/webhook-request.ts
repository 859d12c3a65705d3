import { revealAll } from '../release/secret.ts';
import type { Webhook, WebhookFacts } from '../release/webhook.ts';
import type { HttpRequest } from './http-try.ts';
import { fillPlaceholders } from './placeholders.ts';

/** What a release is about, for those who are called. */
export interface WebhookNames {
  /** Empty where nothing is on trial. */
  readonly canary: string;
  readonly stable: string;
  readonly namespace: string;
  readonly service: string;
}

/** What may stand between `{{` and `}}` in the URL and the body of a webhook. */
export const webhookPlaceholders = [
  'canary',
  'stable',
  'namespace',
  'service',
  'weight',
  'outcome',
  'reason',
] as const;

/** Above what an answer of a webhook may need; what is longer is not read. */
const mostBytes = 1024 * 1024;

/**
 * The request that a webhook makes: values are put into the URL as URLs have them and into the body as JSON strings have them, so that
 * none can change what stands around it. `undefined` where the URL comes to none.
 */
export function webhookRequest(
  webhook: Webhook,
  names: WebhookNames,
  facts: WebhookFacts,
): HttpRequest | undefined {
  const { name, when, method, timeout } = webhook;
  const values: Readonly<Record<string, string>> = {
    outcome: '',
    reason: '',
    ...names,
    ...facts,
    weight: String(facts.weight),
  };
  const fill = (template: string, encode: (value: string) => string) =>
    fillPlaceholders(template, (key, _, whole) => encode(values[key] ?? whole));
  const url = fill(webhook.url.reveal(), encodeURIComponent);
  if (!URL.canParse(url)) return undefined;
  const template = webhook.body?.reveal();
  const standard = () => JSON.stringify({ name, when, ...names, ...facts });
  const body =
    template !== undefined
      ? fill(template, value => JSON.stringify(value).slice(1, -1))
      : hasBody(method)
        ? standard()
        : undefined;
  return {
    url: new URL(url),
    method,
    headers: {
      accept: 'application/json, */*',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...lowerCased(revealAll(webhook.headers)),
    },
    ...(body !== undefined && { body }),
    timeLimit: timeout,
    maxBytes: mostBytes,
  };
}

/** Whether a request of this method carries a body. */
export function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
}

/** So that the user's `Content-Type` takes the place of ours. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
