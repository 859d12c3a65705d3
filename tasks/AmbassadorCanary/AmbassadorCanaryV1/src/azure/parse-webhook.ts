import { parseJsonPath } from '../analysis/json-path.ts';
import { unknownPlaceholders } from '../analysis/placeholders.ts';
import { hasBody, webhookPlaceholders } from '../analysis/webhook-request.ts';
import { Duration } from '../release/duration.ts';
import { asRecord } from '../release/kube-object.ts';
import { Secret, type SecretHeaders } from '../release/secret.ts';
import { type Webhook, webhookTimes } from '../release/webhook.ts';
import type { CheckReader } from './check-reader.ts';
import { quote } from './input-problems.ts';
import { headerProblem } from './parse-headers.ts';

const methods = ['POST', 'PUT', 'PATCH', 'GET', 'HEAD', 'DELETE'] as const;
/** What HTTP needs, and the user must not set. A type of content may be theirs. */
const ownHeaders = [
  'connection',
  'content-length',
  'expect',
  'host',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const defaultTimeout = Duration.seconds(10);
const defaultLimit = Duration.minutes(10);

/** Reads a webhook, and notes all that is wrong with it. Neither URL, headers nor body are ever quoted. */
export function parseWebhook(reader: CheckReader, name: string): Webhook | undefined {
  const url = parseUrl(reader);
  const when = reader.choice('when', webhookTimes);
  if (!reader.has('when'))
    reader.note('when', webhookTimes.map(time => `\`${time}\``).join(' or '), 'nothing');
  const method = reader.choice('method', methods) ?? 'POST';
  const headers = parseHeaders(reader);
  const body = parseBody(reader, method);
  const expectStatus = parseStatuses(reader);
  const expectJson = parseExpectation(reader);
  const timeout = reader.time('timeout') ?? defaultTimeout;
  const retries = reader.count('retries', 0) ?? 2;
  const limit = reader.time('limit') ?? defaultLimit;
  if (reader.has('limit') && when !== undefined && when !== 'gate') {
    reader.note('limit', 'nothing but for a gate', `a ${when} webhook`);
  }
  if (url === undefined || when === undefined) return undefined;
  return {
    name,
    when,
    url,
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(expectStatus !== undefined && { expectStatus }),
    ...(expectJson !== undefined && { expectJson }),
    timeout,
    // A gate is asked again anyway.
    retries: when === 'gate' ? 0 : retries,
    limit,
  };
}

function parseUrl(reader: CheckReader): Secret | undefined {
  const text = reader.text('webhook', { secret: true });
  if (text === undefined) return undefined;
  refusePlaceholders(reader, 'webhook', text);
  const url = text.replace(/\{\{[^{}]*\}\}/g, 'x');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    reader.note('webhook', 'an http or https URL', 'something else');
  } else if (parsed.username !== '' || parsed.password !== '') {
    reader.note(
      'webhook',
      'a URL without user and password, which belong into `headers`,',
      'one with credentials',
    );
  }
  return new Secret(text);
}

function parseHeaders(reader: CheckReader): SecretHeaders {
  const value = reader.value('headers');
  if (!reader.has('headers')) return {};
  const given = asRecord(value);
  if (given === undefined) {
    reader.note('headers', 'names and values', 'something else');
    return {};
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, header]) => {
      const text = typeof header === 'string' || typeof header === 'number' ? String(header).trim() : '';
      const problem = headerProblem(name, text, ownHeaders);
      if (problem !== undefined) reader.note('headers', problem.expected, problem.found);
      return [name, new Secret(text)];
    }),
  );
}

/** A text as it is, or a map or list of YAML as JSON. */
function parseBody(reader: CheckReader, method: string): Secret | undefined {
  const value = reader.value('body');
  if (!reader.has('body')) return undefined;
  const isData = typeof value === 'object' && value !== null;
  const text = isData ? JSON.stringify(value) : value;
  if (typeof text !== 'string') {
    reader.note('body', 'a text, a map or a list', 'something else');
    return undefined;
  }
  if (!hasBody(method)) reader.note('body', `nothing with the method ${method}`, 'a body');
  const macro = /\$\([\w.]+\)/.exec(text)?.[0];
  if (macro !== undefined) reader.note('body', 'a text whose variables have values', `\`${macro}\``);
  refusePlaceholders(reader, 'body', text);
  return new Secret(text);
}

function parseStatuses(reader: CheckReader): readonly number[] | undefined {
  const value = reader.value('expectStatus');
  if (!reader.has('expectStatus')) return undefined;
  const statuses: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isStatus = (status: unknown): status is number =>
    typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599;
  if (statuses.length > 0 && statuses.every(isStatus)) return statuses;
  reader.note('expectStatus', 'a status such as 200, or a list of them,', quote(JSON.stringify(value)));
  return undefined;
}

function parseExpectation(reader: CheckReader): Webhook['expectJson'] {
  const value = reader.value('expectJson');
  if (!reader.has('expectJson')) return undefined;
  const { path, equals, ...others } = asRecord(value) ?? {};
  const isPlain = equals === null || ['string', 'number', 'boolean'].includes(typeof equals);
  if (
    typeof path === 'string' &&
    parseJsonPath(path) !== undefined &&
    isPlain &&
    Object.keys(others).length === 0
  ) {
    return { path, equals: equals as string | number | boolean | null };
  }
  reader.note('expectJson', '`{ path: result.status, equals: passed }`', quote(JSON.stringify(value)));
  return undefined;
}

function refusePlaceholders(reader: CheckReader, key: string, text: string): void {
  for (const placeholder of unknownPlaceholders(text, webhookPlaceholders)) {
    const known = webhookPlaceholders.map(word => `\`{{${word}}}\``).join(', ');
    reader.note(key, `no placeholder but ${known}`, quote(placeholder));
  }
}
