/** What Node.js' `process` offers to those who wait for signals. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export interface Cancellation {
  /** Aborted by the first signal; its reason names it. */
  readonly signal: AbortSignal;
  /** Stops listening: from then on a signal ends the process as it does by default. */
  release(): void;
}

/**
 * Turns the agent's wish to cancel into an AbortSignal: SIGINT, then SIGTERM 7.5 s later, and on Windows CTRL_C, which
 * Node.js calls SIGINT, or SIGBREAK (facts/azure.md 5). Later signals change nothing, and the process lives on: what
 * has to be stopped first is stopped by those who hear the signal.
 */
export function cancelOnSignals(
  source: SignalSource = process,
  platform: NodeJS.Platform = process.platform,
): Cancellation {
  const signals: readonly NodeJS.Signals[] =
    platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGBREAK'] : ['SIGINT', 'SIGTERM'];
  const controller = new AbortController();
  const listeners = signals.map(name => [name, () => controller.abort(`The agent sent ${name}`)] as const);
  for (const [name, listener] of listeners) source.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const [name, listener] of listeners) source.off(name, listener);
    },
  };
}
