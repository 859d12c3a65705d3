import { CanaryError } from '../release/errors.ts';
import { asRecords, valueAt } from '../release/kube-object.ts';
import type { ApiAnswer, ApiRequest } from './api-request.ts';
import type { ExchangeError } from './exchange.ts';

const connectionHint = 'Check the server URL of the service connection, and that the agent may reach it';

/** These only say again what the message says. */
const ownCodes = new Set(['CONNECT_TIMEOUT', 'ANSWER_TIMEOUT', 'TOO_LARGE', 'UNKNOWN']);

/** The request was given up because the release was. */
export function cancelled(request: ApiRequest): CanaryError {
  return new CanaryError('CANCELLED', `Cancelled while waiting to ${deed(request)}`);
}

/** There was no answer: refused, no such host, not trusted, silent. Names the host and what the other side said. */
export function unreachable(
  request: ApiRequest,
  server: string,
  error: ExchangeError,
  tries: number,
): CanaryError {
  const { code, maybeProcessed } = error.details;
  const trust = trustProblem(code);
  const named = error.message.includes(code) || ownCodes.has(code);
  const found = named ? error.message : `${error.message} (${code})`;
  const doubt =
    request.verb !== 'get' && request.once && maybeProcessed ? '; it may have been done all the same' : '';
  return new CanaryError(
    'CLUSTER_UNREACHABLE',
    trust === undefined
      ? `Could not ${deed(request)}: no answer from the API server ${server}`
      : `The API server ${server} is not trusted`,
    {
      found: `${found}${tries > 1 ? `, ${tries} tries` : ''}${doubt}`,
      hint: trust ?? connectionHint,
      cause: error,
    },
  );
}

/** What to do about a certificate; `undefined` where the trouble is another. */
function trustProblem(code: string): string | undefined {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'Use the host name that its certificate is for as server URL, or tls-server-name in the kubeconfig';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return "Renew the API server's certificate, and check the clock of the agent";
    default:
      return /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^CERT_/.test(code)
        ? "Put the cluster's certificate authority into the service connection; where that can't be had, set acceptUntrustedCerts there"
        : undefined;
  }
}

/** A 3xx answer. Never followed: the credentials would go with it. */
export function redirected(request: ApiRequest, server: string, status: number): CanaryError {
  return notApiServer(request, server, `a redirect (${status}), which is not followed`);
}

/** A success that is not what a Kubernetes API sends: some other server, such as a login page. */
export function notJson(request: ApiRequest, server: string, status: number, text: string): CanaryError {
  return notApiServer(request, server, `status ${status} with ${JSON.stringify(text.slice(0, 80))}`);
}

function notApiServer(request: ApiRequest, server: string, found: string): CanaryError {
  return new CanaryError(
    'CLUSTER_UNREACHABLE',
    `Could not ${deed(request)}: what answers at ${server} is no API server`,
    { expected: "a Kubernetes API's JSON", found, hint: connectionHint },
  );
}

/** The API server said no. */
export function refused(request: ApiRequest, answer: Pick<ApiAnswer, 'status' | 'body'>): CanaryError {
  const { status, body } = answer;
  const found = quote(request, answer);
  const attempt = `Could not ${deed(request)}`;
  if (status === 404 && valueAt(body, 'details', 'kind') === 'namespaces') return noNamespace(body, found);
  switch (status) {
    case 401:
      return new CanaryError(
        'CLUSTER_FORBIDDEN',
        `${attempt}: the API server does not accept the credentials`,
        {
          found,
          hint: 'Renew the token or certificate of the service connection',
        },
      );
    case 403:
      if (isRuleOfCluster(body)) return ruledOut(attempt, body, found);
      return new CanaryError('CLUSTER_FORBIDDEN', `${attempt}: not allowed`, {
        found,
        hint: forbiddenHint(request),
      });
    case 409:
      return new CanaryError('CLUSTER_CONFLICT', `${attempt}: it has been changed meanwhile`, {
        found,
        hint: 'Find out who else changes it, and run the release again',
      });
    case 429:
    case 502:
    case 503:
    case 504:
      return new CanaryError('CLUSTER_UNREACHABLE', `${attempt}: the API server cannot answer now`, {
        found,
        hint: "Look at the health of the cluster's control plane, and run the release again",
      });
    default:
      return new CanaryError('CLUSTER_REFUSED', `${attempt}: the API server refuses`, {
        found,
        hint: 'Correct what the API server names',
      });
  }
}

/** A write into a namespace that is not there. It is not about the one object, so all objects get the same answer. */
function noNamespace(body: unknown, found: string): CanaryError {
  const name = String(valueAt(body, 'details', 'name'));
  return new CanaryError('CLUSTER_REFUSED', `Namespace ${name} does not exist`, {
    found,
    hint: 'Create it, or correct its name',
  });
}

/**
 * RBAC says "cannot"; quotas, admission and a namespace that ends are 403 as well, and no role would help them. A message that is
 * neither is left to be a missing permission.
 */
function isRuleOfCluster(body: unknown): boolean {
  const message = String(valueAt(body, 'message') ?? '');
  return !/ cannot \w+ /.test(message) && / is forbidden: | denied (the )?request/.test(message);
}

/** No missing permission: what the cluster's rules let nobody do. */
function ruledOut(attempt: string, body: unknown, found: string): CanaryError {
  const causes = asRecords(valueAt(body, 'details', 'causes'));
  if (causes.some(({ reason }) => reason === 'NamespaceTerminating') || /being terminated/.test(found)) {
    return new CanaryError('CLUSTER_REFUSED', `${attempt}: its namespace is being deleted`, {
      found,
      hint: 'Find out who deletes the namespace; once it is gone, a release can install into a new one',
    });
  }
  const hint = /exceeded quota/.test(found)
    ? 'Let whoever owns the quota raise it: a canary needs room beside stable'
    : 'Correct what the API server names: no permission is missing, a rule of the cluster says no';
  return new CanaryError('CLUSTER_REFUSED', `${attempt}: the API server refuses`, { found, hint });
}

function forbiddenHint(request: ApiRequest): string {
  const where = request.namespace === undefined ? 'in the cluster' : `in namespace ${request.namespace}`;
  return `Allow the account of the service connection to ${request.verb} ${request.resource ?? request.path} ${where}`;
}

/** The server's own words: the message of its Status and the causes that the message leaves out. */
function quote(request: ApiRequest, { status, body }: Pick<ApiAnswer, 'status' | 'body'>): string {
  const reason = valueAt(body, 'reason');
  const head = `${status}${typeof reason === 'string' && reason !== '' ? ` ${reason}` : ''}`;
  const causes = asRecords(valueAt(body, 'details', 'causes'));
  // A refusal may quote what was sent, and of a Secret that must not be seen.
  if (request.confidential) return [head, ...causes.map(cause => String(cause.field ?? ''))].join(' ').trim();
  const message = typeof body === 'string' ? body.trim() : String(valueAt(body, 'message') ?? '');
  const more = causes
    .filter(cause => typeof cause.message === 'string' && !message.includes(cause.message))
    .map(cause => `${cause.field ?? ''} ${cause.message}`.trim());
  return [`${head}: ${message}`, ...more].join('; ');
}

function deed(request: ApiRequest): string {
  return `${request.verb} ${request.what}`;
}

/** A 404 that is about one object, which is a plain fact; any other means that the kind itself is not served. */
export function isObjectMissing({ status, body }: Pick<ApiAnswer, 'status' | 'body'>): boolean {
  const name = valueAt(body, 'details', 'name');
  return status === 404 && typeof name === 'string' && name !== '';
}
