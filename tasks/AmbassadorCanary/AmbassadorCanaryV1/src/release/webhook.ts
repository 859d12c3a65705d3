import type { Duration } from './duration.ts';
import type { Secret, SecretHeaders } from './secret.ts';

/** When a webhook is called (docs/checks.md). */
export const webhookTimes = ['before', 'load', 'gate', 'after'] as const;
export type WebhookTime = (typeof webhookTimes)[number];

/** An HTTP call to a server of the user's own. */
export interface Webhook {
  readonly name: string;
  readonly when: WebhookTime;
  /** With placeholders. Its path or query may be a secret. */
  readonly url: Secret;
  readonly method: string;
  readonly headers: SecretHeaders;
  /** With placeholders. Absent for the standard body, and for methods without one. */
  readonly body?: Secret;
  /** Absent: any 2xx. */
  readonly expectStatus?: readonly number[];
  /** What the JSON of the answer must say at a path: `result.status`, `checks[0].ok`. */
  readonly expectJson?: { readonly path: string; readonly equals: string | number | boolean | null };
  /** Of each try. */
  readonly timeout: Duration;
  /** How often it is tried again where the server is in trouble or does not answer. */
  readonly retries: number;
  /** How long a gate is asked until it opens. */
  readonly limit: Duration;
}

/** What a webhook is told of the moment. */
export interface WebhookFacts {
  /** In percent. */
  readonly weight: number;
  readonly outcome?: string;
  readonly reason?: string;
}
