import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { valueAt } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import { ExchangeError, exchange, type WholeAnswer } from './exchange.ts';
import type { Network } from './network.ts';
import { pauseBeforeRetry, type Setback, setbackOfAnswer, setbackOfError } from './retry.ts';

/** A question to Entra, to Azure Resource Manager, to the virtual machine or to Azure Pipelines. Asking twice does no harm. */
export interface AzureQuestion {
  /** Who is asked, for people: `Entra ID (https://login.microsoftonline.com)`. */
  readonly whom: string;
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** A form, or JSON. */
  readonly body?: URLSearchParams | object;
  /** What to do where nobody answers. */
  readonly hint: string;
}

export interface AzureAnswer {
  readonly status: number;
  /** Parsed JSON; text where it is none. */
  readonly body: unknown;
}

const limits = { connect: 10_000, answer: 30_000, body: 4 * 1024 * 1024 };

/** Asks Azure, with patience for short troubles, the agent's way through its network. */
export class AzureHttp {
  constructor(
    private readonly network: Network,
    private readonly clock: Clock,
  ) {}

  /** Resolves to the answer, also to a refusal. Rejects with `AZURE_UNREACHABLE`. */
  async ask(question: AzureQuestion): Promise<AzureAnswer> {
    const started = this.clock.now();
    let silent = 0;
    for (let made = 1; ; made++) {
      const tried = await this.#try(question);
      if (tried.setback === undefined) return readAnswer(tried.answer);
      if (tried.setback.silent) silent += 1;
      const elapsed = Duration.milliseconds(Math.max(0, this.clock.now() - started));
      const pause = pauseBeforeRetry(tried.setback, { made, silent, elapsed }, true, Math.random);
      if (pause === undefined) throw unreachable(question, tried.found, made);
      await this.clock.sleep(pause);
    }
  }

  async #try({ url, method, headers, body }: AzureQuestion): Promise<Try> {
    const isForm = body instanceof URLSearchParams;
    const payload = body === undefined ? undefined : isForm ? body.toString() : JSON.stringify(body);
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    try {
      const answer = await exchange({
        url,
        method,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(payload !== undefined && {
            'content-type': type,
            'content-length': Buffer.byteLength(payload),
          }),
        },
        connection: { agent: this.network.agentFor(url) },
        limits,
        ...(payload !== undefined && { payload }),
      });
      const setback = setbackOfAnswer(answer);
      return setback === undefined ? { answer } : { setback, found: `HTTP ${answer.status}` };
    } catch (error) {
      if (error instanceof ExchangeError) return { setback: setbackOfError(error), found: error.message };
      throw error;
    }
  }
}

type Try =
  | { readonly answer: WholeAnswer; readonly setback?: undefined }
  | { readonly setback: Setback; readonly found: string };

function readAnswer({ status, text }: WholeAnswer): AzureAnswer {
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    return { status, body: text };
  }
}

function unreachable({ whom, hint }: AzureQuestion, found: string, tries: number): CanaryError {
  return new CanaryError('AZURE_UNREACHABLE', `No answer from ${whom}`, {
    found: `${found}${tries > 1 ? `, ${tries} tries` : ''}`,
    hint,
  });
}

/** Azure's own words for a refusal, in one line: `HTTP 403 AuthorizationFailed: The client …`. Never the body as it is. */
export function wordsOf({ status, body }: AzureAnswer): string {
  const error = valueAt(body, 'error');
  const [code, message] = [valueAt(error, 'code'), valueAt(error, 'message') ?? valueAt(body, 'message')];
  const parts = [code, message].filter(part => typeof part === 'string' && part !== '');
  return [`HTTP ${status}`, parts.join(': ')].filter(Boolean).join(' ');
}
