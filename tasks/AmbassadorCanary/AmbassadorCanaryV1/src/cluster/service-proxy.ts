import { CanaryError, type ErrorCode } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import type { ServiceAddress } from '../release/spec.ts';
import { refused } from './api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import type { WholeAnswer } from './exchange.ts';
import type { Transport } from './transport.ts';

/** How errors speak of a Service. */
export interface Asked {
  readonly code: ErrorCode;
  /** Who it is to people. */
  readonly name: string;
  /** The input that says where it is. */
  readonly input: string;
}

/** How one question is asked. */
export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Whoever asks asks again, so that what may pass is taken as it is. */
  readonly isTriedOnce?: boolean;
}

const prometheus: Asked = { code: 'PROMETHEUS_UNREACHABLE', name: 'Prometheus', input: 'prometheus' };

/**
 * Asks a Service through the API server (`services/proxy`), with the connection's own credentials, where the agent can't reach it
 * itself. Only ever with GET: the account then needs no more than the verb `get` on `services/proxy`.
 */
export class ServiceProxy {
  readonly #transport: Transport;
  readonly #target: ServiceAddress;
  readonly #asked: Asked;
  #port: string | undefined;

  constructor(transport: Transport, target: ServiceAddress, asked = prometheus) {
    this.#transport = transport;
    this.#target = target;
    this.#asked = asked;
    this.#port = target.port;
  }

  /** For people: `monitoring/prometheus:9090 through the API server`. */
  get address(): string {
    const { namespace, service, path } = this.#target;
    const port = this.#port === undefined ? '' : `:${this.#port}`;
    return `${namespace}/${service}${port}${path} through the API server`;
  }

  /**
   * What the Service answers, whatever it says; short troubles are retried on the way. Rejects with `CLUSTER_FORBIDDEN`, naming the
   * verb, with its own code (`PROMETHEUS_UNREACHABLE`) where the API server has no such Service or can't reach it, or `CLUSTER_UNREACHABLE`.
   */
  async get(
    path: string,
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
    { signal, isTriedOnce = false }: AskOptions = {},
  ): Promise<WholeAnswer> {
    const { namespace, service } = this.#target;
    this.#port ??= await this.#onlyPort();
    const request: ApiRequest = {
      verb: 'get',
      what: `Service ${this.address}`,
      resource: 'services/proxy',
      namespace,
      path: `${this.#root()}:${encodeURIComponent(this.#port)}/proxy${this.#target.path}${path}`,
      query,
      headers,
      ...(signal && { signal }),
      ...(isTriedOnce && { isTriedOnce }),
    };
    const answer = await this.#transport.relay(request);
    const own = statusOf(answer.text);
    if (own === undefined) return answer;
    if (answer.status === 401 || answer.status === 403) throw refused(request, { ...answer, body: own });
    throw this.#unreachable(
      `${answer.status}: ${valueAt(own, 'message')}`,
      answer.status === 404
        ? `Is there a Service ${service} in namespace ${namespace}? Correct \`${this.#asked.input}\``
        : 'Check that its pods are ready, and its port',
    );
  }

  /** Asked of the Service only where the input names no port. */
  async #onlyPort(): Promise<string> {
    const { namespace, service } = this.#target;
    const request: ApiRequest = {
      verb: 'get',
      what: `Service ${namespace}/${service}`,
      resource: 'services',
      namespace,
      path: this.#root(),
    };
    const answer = await this.#transport.send(request);
    if (answer.status === 404) {
      throw this.#unreachable('no such Service', `Write \`${this.#asked.input}: namespace/service:port\``);
    }
    if (answer.status !== 200) throw refused(request, answer);
    const spec = valueAt(answer.body, 'spec', 'ports');
    const ports = (Array.isArray(spec) ? spec : []).map(port => String(asRecord(port)?.port));
    const [only, ...others] = ports;
    if (only !== undefined && others.length === 0) return only;
    throw this.#unreachable(
      `a Service with ${ports.length === 0 ? 'no port' : `the ports ${ports.join(', ')}`}`,
      `Choose one: \`${this.#asked.input}: ${namespace}/${service}:${only ?? 'port'}\``,
    );
  }

  #root(): string {
    const { namespace, service } = this.#target;
    return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(service)}`;
  }

  #unreachable(found: string, hint: string): CanaryError {
    const { code, name } = this.#asked;
    return new CanaryError(code, `${name} at ${this.address} cannot be asked`, { found, hint });
  }
}

/** The API server's own words, where the answer is not the Service's. */
function statusOf(text: string): unknown {
  const body = parseJson(text);
  return valueAt(body, 'kind') === 'Status' && valueAt(body, 'apiVersion') === 'v1' ? body : undefined;
}
