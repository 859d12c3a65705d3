/** The API server's refusal, with its HTTP status, its `reason` word and its own message. */
export class KubeError extends Error {
  override readonly name = 'KubeError';

  constructor(
    /** Such as `PATCH /api/v1/…`. */
    readonly request: string,
    readonly status: number,
    readonly reason: string,
    readonly answer: string,
  ) {
    super(`${request}: ${status} ${reason}: ${answer}`);
  }

  /** Reads a refusal out of the body of an answer, which is a Status object or plain text. */
  static fromBody(request: string, status: number, body: string): KubeError {
    try {
      const parsed = JSON.parse(body) as { reason?: string; message?: string };
      return new KubeError(request, status, parsed.reason ?? '', parsed.message ?? body);
    } catch {
      return new KubeError(request, status, '', body.trim().slice(0, 500));
    }
  }
}

/** True for an API server's answer with this HTTP status. */
export function isKubeStatus(error: unknown, status: number): boolean {
  return error instanceof KubeError && error.status === status;
}
