import { setTimeout as sleep } from 'node:timers/promises';
import { askProbe, type ProbeAnswer, type ProbeTarget } from './ask-probe.ts';
import type { Probe } from './pod.ts';
import { ProbeCounter } from './probe-counter.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

/** What the probes of one run of a container have to say. */
export interface ProbeListener {
  started(): void;
  ready(ready: boolean): void;
  /** A single answer that was not fine. */
  unhealthy(kind: ProbeKind, message: string): void;
  /** The start-up or liveness probe has given the container up. Said once. */
  dead(kind: ProbeKind, probe: Probe): void;
}

/**
 * The real kubelet's first probe falls at a random moment of the first period; here it is always this soon after the
 * initial delay, so that a quick app is ready quickly and a probe seldom comes before its process listens.
 */
const firstProbeAfterMs = 250;

/**
 * Runs a container's probes until `whileRunning` is aborted: first the start-up probe alone, then the others.
 * Readiness is asked on while the pod terminates; the rest ends with `whileWanted`.
 */
export async function runProbes(
  target: ProbeTarget,
  listener: ProbeListener,
  whileRunning: AbortSignal,
  whileWanted: AbortSignal,
): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = target.container;
  if (startupProbe && !(await startUp(startupProbe, target, listener, whileWanted))) return;
  if (whileRunning.aborted) return;
  listener.started();
  if (!readinessProbe) listener.ready(true);
  await Promise.all([
    readinessProbe && watchReadiness(readinessProbe, target, listener, whileRunning),
    livenessProbe && watchLiveness(livenessProbe, target, listener, whileWanted),
  ]);
}

async function startUp(
  probe: Probe,
  target: ProbeTarget,
  listener: ProbeListener,
  signal: AbortSignal,
): Promise<boolean> {
  const counter = new ProbeCounter(probe);
  for await (const answer of answers(probe, target, signal)) {
    counter.observe(answer.ok ? 'success' : 'failure');
    if (!answer.ok) listener.unhealthy('Startup', answer.message);
    if (counter.result === 'success') return true;
    if (counter.result === 'failure') {
      listener.dead('Startup', probe);
      return false;
    }
  }
  return false;
}

async function watchReadiness(
  probe: Probe,
  target: ProbeTarget,
  listener: ProbeListener,
  signal: AbortSignal,
): Promise<void> {
  const counter = new ProbeCounter(probe);
  for await (const answer of answers(probe, target, signal)) {
    if (!answer.ok) listener.unhealthy('Readiness', answer.message);
    if (counter.observe(answer.ok ? 'success' : 'failure')) listener.ready(counter.result === 'success');
  }
}

async function watchLiveness(
  probe: Probe,
  target: ProbeTarget,
  listener: ProbeListener,
  signal: AbortSignal,
): Promise<void> {
  const counter = new ProbeCounter(probe);
  for await (const answer of answers(probe, target, signal)) {
    counter.observe(answer.ok ? 'success' : 'failure');
    if (!answer.ok) listener.unhealthy('Liveness', answer.message);
    if (counter.result === 'failure') {
      listener.dead('Liveness', probe);
      return;
    }
  }
}

/** The answers to a probe, one a period, until the signal is aborted. */
async function* answers(probe: Probe, target: ProbeTarget, signal: AbortSignal): AsyncGenerator<ProbeAnswer> {
  let waitMs = (probe.initialDelaySeconds ?? 0) * 1000 + firstProbeAfterMs;
  for (;;) {
    await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const asked = Date.now();
    const answer = await askProbe(probe, target);
    if (signal.aborted) return;
    yield answer;
    waitMs = Math.max(0, (probe.periodSeconds ?? 10) * 1000 - (Date.now() - asked));
  }
}
