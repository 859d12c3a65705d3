import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Webhooks } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import type {
  Webhook,
  WebhookFacts,
  WebhookTime,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/webhook.ts';

/** A webhook with the defaults of the input. */
export function webhook(changes: Partial<Webhook> & { readonly href?: string } = {}): Webhook {
  const { href = 'https://tests.example.com/shop', ...rest } = changes;
  return {
    name: 'hook',
    when: 'before',
    url: new Secret(href),
    method: 'POST',
    headers: {},
    timeout: Duration.seconds(10),
    retries: 2,
    limit: Duration.minutes(10),
    ...rest,
  };
}

export const answered = (check: string, verdict: Measurement['verdict']): Measurement => ({
  check,
  verdict,
  value: verdict === 'pass' ? 'HTTP 200' : 'HTTP 403',
  limit: '2xx',
  actsAtOnce: true,
});

/** Remembers who was called with what, and answers from a script; the last answer of a time is repeated. */
export class ScriptedWebhooks implements Webhooks {
  readonly calls: { readonly when: WebhookTime; readonly facts: WebhookFacts }[] = [];
  readonly answers: Partial<Record<WebhookTime, Measurement['verdict'][]>> = {};
  /** These never answer, unless they are given up. */
  readonly silent = new Set<WebhookTime>();
  /** Calls that were silent, and that nobody waited for any more. */
  readonly givenUp: WebhookTime[] = [];

  constructor(private readonly webhooks: readonly Webhook[]) {}

  of(when: WebhookTime): readonly Webhook[] {
    return this.webhooks.filter(one => one.when === when);
  }

  async ask(when: WebhookTime, facts: WebhookFacts, signal?: AbortSignal): Promise<readonly Measurement[]> {
    if (this.of(when).length === 0) return [];
    this.calls.push({ when, facts });
    if (this.silent.has(when)) {
      await new Promise(resolve => signal?.addEventListener('abort', resolve));
      this.givenUp.push(when);
    }
    const script = this.answers[when] ?? ['pass'];
    const verdict = (script.length > 1 ? script.shift() : script[0]) ?? 'pass';
    return this.of(when).map(({ name }) => answered(name, verdict));
  }
}
