/** What one may do to a resource, in the words of Kubernetes' access rules. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** The HTTP method of each. */
export const methodOf = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const satisfies Record<Verb, string>;

/** A request to the API server. */
export interface ApiRequest {
  readonly verb: Verb;
  /** What it is about, for people: `Mapping shop/web-canary`. */
  readonly what: string;
  /** As access rules name it: `mappings.getambassador.io`. */
  readonly resource?: string;
  readonly namespace?: string;
  /** What is sent or asked for must not show up in an error. */
  readonly confidential?: boolean;
  /** `/apis/apps/v1/namespaces/shop/deployments/web`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Besides our own; none that says who we are. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` unless told. */
  readonly contentType?: string;
  /** Doing it twice is harmful: then it is only repeated when it surely was not processed. */
  readonly once?: boolean;
  /** It does not wait for a connection while others are on their way. */
  readonly urgent?: boolean;
  /** What may pass is not tried again: whoever asks has a patience of its own. */
  readonly isTriedOnce?: boolean;
  /** Called before each try: throws where it may not be sent any more. */
  readonly fence?: () => void;
  readonly signal?: AbortSignal;
}

/** The API server's answer, good or bad. */
export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; of an answer that is no success also plain text. */
  readonly body: unknown;
  /** An earlier try may already have done what was asked: a refusal may only mean that. */
  readonly repeated: boolean;
}
