import type { RunningStep } from '../../agent/test-agent.ts';
import type { FalseAnswer, Interference, NumberedRequest } from './numbering-proxy.ts';

export const interruptions = [
  /** SIGKILL before the request is sent, and before its answer arrives. The agent is lost with it: no post-job entry runs. */
  'kill before',
  'kill after',
  /** The same, but the agent lives, and runs the post-job entry. */
  'guard before',
  'guard after',
  /** The job is cancelled: SIGINT, and the post-job entry runs. */
  'cancel',
  /** The API server is in trouble, for this request only. */
  'conflict',
  'throttled',
  'server error',
  'unavailable',
  'connection cut',
  'answer lost',
  /** Another pipeline run begins the same release, and does not wait, or waits, for the lock. */
  'race',
  'race waiting',
  /** And the step stands still (SIGSTOP) from here on, until the other run has taken over and writes. */
  'race frozen',
] as const;

/** What happens to the step at one of its requests. */
export type Interruption = (typeof interruptions)[number];

/** The agent is gone, and with it whoever could clean up at once. */
export function losesAgent(interruption: Interruption): boolean {
  return interruption.startsWith('kill');
}

export function isRace(interruption: Interruption): boolean {
  return interruption.startsWith('race');
}

/** Which request is meant: the first that is so. */
export type Where = (request: NumberedRequest) => boolean;

export interface Interrupted {
  readonly step: Promise<RunningStep>;
  /** Starts the other run of a race. */
  readonly startRival: () => void;
  /** Hears when it happens. */
  readonly onInterruption: (request: NumberedRequest) => void;
}

const isWatch = ({ path }: NumberedRequest) => /[?&]watch=/.test(path);

/** Does it to the step when such a request comes by for the first time. */
export function interfere(
  interruption: Interruption,
  where: Where,
  { step, startRival, onInterruption }: Interrupted,
): Interference {
  let met: NumberedRequest | undefined;
  const at =
    <Result>(what: (request: NumberedRequest) => Result) =>
    (request: NumberedRequest): Result | undefined => {
      if (met === undefined && where(request)) {
        met = request;
        onInterruption(request);
      }
      return met === request ? what(request) : undefined;
    };
  switch (interruption) {
    case 'kill before':
    case 'guard before':
      return { before: at(() => killed(step)) };
    case 'kill after':
    case 'guard after':
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
    case 'race':
    case 'race waiting':
      return { before: at(() => void startRival()) };
    case 'race frozen':
      return {
        before: at(async () => {
          // What it has sent is on its way, and the server does it.
          freeze(await step);
          startRival();
          return undefined;
        }),
      };
  }
}

/** It stands still until it is thawed. Does nothing to a process that has ended. */
export function freeze(step: RunningStep): void {
  signal(step, 'SIGSTOP');
}

export function thaw(step: RunningStep): void {
  signal(step, 'SIGCONT');
}

function signal({ pid }: RunningStep, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // It has ended.
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
