import { setTimeout as sleep } from 'node:timers/promises';
import { httpStatus, type ProbeTarget } from './ask-probe.ts';
import type { Handler } from './pod.ts';

/** How long a command that only sleeps would take: `sleep 5`, also within a shell. Undefined for any other command. */
export function sleepMs(command: readonly string[]): number | undefined {
  const words = command.length === 3 && command[1] === '-c' ? command[2] : command.join(' ');
  const [, number, unit = 's'] =
    /^(?:\/bin\/|\/usr\/bin\/)?sleep (\d+(?:\.\d+)?)(s|m)?$/.exec(words?.trim() ?? '') ?? [];
  return number === undefined ? undefined : Number(number) * (unit === 'm' ? 60_000 : 1_000);
}

/**
 * Runs a preStop hook for at most `limitMs` and less when the signal is aborted. Gives what went wrong, or undefined.
 * Of commands the rig knows only `sleep`: nothing of a container's file system is here.
 */
export async function runPreStop(
  hook: Handler,
  target: ProbeTarget,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const pause = hook.sleep ? hook.sleep.seconds * 1_000 : hook.exec ? sleepMs(hook.exec.command) : undefined;
  if (pause !== undefined) {
    await sleep(Math.min(pause, limitMs), undefined, { signal }).catch(() => {});
    return undefined;
  }
  if (!hook.httpGet) return `the rig runs no such hook: ${JSON.stringify(hook)}`;
  try {
    const status = await httpStatus(hook.httpGet, target, limitMs);
    return status < 400 ? undefined : `HTTP hook failed with statuscode: ${status}`;
  } catch (error) {
    return (error as Error).message;
  }
}
