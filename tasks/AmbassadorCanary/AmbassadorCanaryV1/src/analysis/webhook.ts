import type { Clock, Webhooks } from '../release/ports.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Webhook, WebhookFacts, WebhookTime } from '../release/webhook.ts';
import { pauseBeforeRetry } from './http-reply.ts';
import { type AgentFor, tryOnce } from './http-try.ts';
import { type WebhookNames, webhookRequest } from './webhook-request.ts';
import { answerWebhook, isExpected, noUrl } from './webhook-verdict.ts';

export interface WebhookOptions {
  readonly webhooks: readonly Webhook[];
  readonly names: WebhookNames;
  readonly clock: Clock;
  /** The way to each; straight where not given. */
  readonly agentFor?: AgentFor;
}

/** Calls the user's own servers. The only one who does. */
export class WebhookClient implements Webhooks {
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  of(when: WebhookTime): readonly Webhook[] {
    return this.#options.webhooks.filter(webhook => webhook.when === when);
  }

  ask(when: WebhookTime, facts: WebhookFacts, signal?: AbortSignal): Promise<readonly Measurement[]> {
    return Promise.all(this.of(when).map(webhook => this.#call(webhook, facts, signal)));
  }

  async #call(webhook: Webhook, facts: WebhookFacts, signal?: AbortSignal): Promise<Measurement> {
    const { names, clock, agentFor } = this.#options;
    const request = webhookRequest(webhook, names, facts);
    if (request === undefined) return noUrl(webhook);
    const way = agentFor === undefined ? {} : { agent: agentFor(request.url) };
    for (let attempts = 1; ; attempts++) {
      const reply = await tryOnce({ ...request, ...way, ...(signal !== undefined && { signal }) });
      const isLast = isExpected(webhook, reply) || attempts > webhook.retries;
      const pause = isLast ? undefined : pauseBeforeRetry(reply, attempts);
      if (pause === undefined) return answerWebhook(webhook, reply);
      await clock.sleep(pause, signal);
    }
  }
}
