/** What comes back for a request that is not a watch. */
export interface Answer {
  readonly code: number;
  /** An object goes out as JSON, text as text. */
  readonly body: object | string;
  readonly warnings?: readonly string[];
}

/** A request's headers and body, as far as the API server reads them. */
export interface Content {
  /** Media type without parameters. */
  readonly type: string;
  readonly body: string;
  readonly userAgent: string | undefined;
}
