import type { RunningStep } from '../../agent/test-agent.ts';
import type { FalseAnswer, Interference, NumberedRequest } from './numbering-proxy.ts';

/** What happens to the step at its k-th request. */
export type Interruption =
  /** SIGKILL before the request is sent, and before its answer arrives. The agent is lost with it: no post-job entry runs. */
  | 'kill before'
  | 'kill after'
  /** The job is cancelled: SIGINT, and the post-job entry runs. */
  | 'cancel'
  /** The API server is in trouble, for this request only. */
  | 'conflict'
  | 'throttled'
  | 'server error'
  | 'unavailable'
  | 'connection cut'
  | 'answer lost';

export const interruptions: readonly Interruption[] = [
  'kill before',
  'kill after',
  'cancel',
  'conflict',
  'throttled',
  'server error',
  'unavailable',
  'connection cut',
  'answer lost',
];

/** Whether the step goes on after it, to an end of its own. */
export function isFault(interruption: Interruption): boolean {
  return !interruption.startsWith('kill') && interruption !== 'cancel';
}

const isWatch = ({ path }: NumberedRequest) => /[?&]watch=/.test(path);

/** Does it to `step` when the request with this number comes by. */
export function interfere(
  interruption: Interruption,
  number: number,
  step: Promise<RunningStep>,
): Interference {
  const at =
    <Result>(what: (request: NumberedRequest) => Result) =>
    (request: NumberedRequest): Result | undefined =>
      request.number === number ? what(request) : undefined;
  switch (interruption) {
    case 'kill before':
      return { before: at(() => killed(step)) };
    case 'kill after':
      return { after: at(() => killed(step)) };
    case 'cancel':
      return {
        before: at(async () => {
          void (await step).cancel();
          return undefined;
        }),
      };
    case 'conflict':
      // A read is never answered so.
      return { before: at(({ method }) => (method === 'GET' ? undefined : status(409, 'Conflict'))) };
    case 'throttled':
      return { before: at(() => status(429, 'TooManyRequests', { 'retry-after': '1' })) };
    case 'server error':
      return { before: at(() => status(500, 'InternalError')) };
    case 'unavailable':
      return { before: at(() => status(503, 'ServiceUnavailable')) };
    case 'connection cut':
      return { before: at(() => 'lost' as const) };
    case 'answer lost':
      return { after: at(request => (isWatch(request) ? undefined : ('lost' as const))) };
  }
}

async function killed(step: Promise<RunningStep>): Promise<'lost'> {
  const running = await step;
  running.kill();
  await running.finished;
  return 'lost';
}

function status(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): FalseAnswer {
  const message = `a fault of the test: ${reason}`;
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, headers, body };
}
