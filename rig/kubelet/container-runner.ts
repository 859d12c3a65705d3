import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.ts';
import { BackOff } from './back-off.ts';
import type { ContainerHost } from './container-host.ts';
import { endContainer, terminatedState } from './end-container.ts';
import {
  type ContainerSpec,
  type ContainerState,
  type ContainerStatus,
  kubeTime,
  type Probe,
  type RestartPolicy,
  type Terminated,
} from './pod.ts';
import { type Prepared, prepareContainer } from './prepare-container.ts';
import { type ProbeListener, runProbes } from './probes.ts';

/** One container of a pod: starts its process, probes it, starts it again when it ends, and ends it when told so. */
export class ContainerRunner {
  readonly spec: ContainerSpec;
  readonly #host: ContainerHost;
  readonly #restartPolicy: RestartPolicy;
  readonly #restarts: BackOff;
  readonly #pulls: BackOff;
  readonly #stopping = new AbortController();
  #state: ContainerState;
  #last: Terminated | undefined;
  #restartCount = 0;
  #ready = false;
  #started = false;
  #containerID = '';
  #child: Child | undefined;
  #work: Promise<void> | undefined;

  /** `waitingFor` is the reason that the status gives until `run` is called. */
  constructor(spec: ContainerSpec, restartPolicy: RestartPolicy, host: ContainerHost, waitingFor: string) {
    this.spec = spec;
    this.#host = host;
    this.#restartPolicy = restartPolicy;
    this.#restarts = new BackOff(host.backOff);
    this.#pulls = new BackOff(host.backOff);
    this.#state = { waiting: { reason: waitingFor } };
  }

  /** The container's entry in the status of its pod. */
  get status(): ContainerStatus {
    return {
      name: this.spec.name,
      image: this.spec.image,
      imageID: this.#containerID && `rig://${this.spec.image}`,
      ...(this.#containerID && { containerID: this.#containerID }),
      ready: this.#ready,
      started: this.#started,
      restartCount: this.#restartCount,
      state: this.#state,
      lastState: this.#last ? { terminated: this.#last } : {},
    };
  }

  /** The log of its run, or of the one before; undefined when there was none. */
  logFile(previous: boolean): string | undefined {
    const run = this.#restartCount - (previous ? 1 : 0);
    return this.#containerID && run >= 0 ? this.#host.logFile(this.spec.name, run) : undefined;
  }

  /** Runs the container until it has ended for good. */
  run(): Promise<void> {
    this.#work ??= this.#run();
    return this.#work;
  }

  /** Resolves once the container counts as started (its start-up probe has passed), or has ended for good. */
  async started(): Promise<void> {
    while (!this.#started && !this.#stopping.signal.aborted && !('terminated' in this.#state))
      await sleep(50);
  }

  /** Ends the container for good: preStop hook, SIGTERM, and SIGKILL when the grace period is over. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    if (this.#child && !this.#child.exit) {
      this.#host.record('Normal', 'Killing', `Stopping container ${this.spec.name}`, this.spec.name);
      await endContainer(this.#child, this.spec, this.#host, graceMs);
    }
    await this.#work;
  }

  /** Kills at once what runs, without hook or grace, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#stopping.abort();
    this.#child?.signal('SIGKILL');
    await this.#child?.exited;
  }

  async #run(): Promise<void> {
    const stopping = this.#stopping.signal;
    if (!stopping.aborted) this.#become({ waiting: { reason: 'ContainerCreating' } });
    for (;;) {
      const prepared = await prepareContainer(
        this.spec,
        this.#host,
        this.#pulls,
        state => this.#become(state),
        stopping,
      );
      if (!prepared) return;
      const startedAt = Date.now();
      const terminated = await this.#live(prepared, startedAt);
      if (stopping.aborted || !this.#restartsAfter(terminated.exitCode)) return;
      await this.#wait(this.#restarts.afterExit(Date.now() - startedAt), terminated);
      if (stopping.aborted) return;
      this.#restartCount++;
    }
  }

  #restartsAfter(exitCode: number): boolean {
    return this.#restartPolicy === 'Always' || (this.#restartPolicy === 'OnFailure' && exitCode !== 0);
  }

  /** From the start of a process to its end. */
  async #live(program: Prepared, startedAt: number): Promise<Terminated> {
    const { name } = this.spec;
    const child = await Child.start({
      name,
      ...program,
      logFile: this.#host.logFile(name, this.#restartCount),
    });
    this.#child = child;
    // A stop that came while the process was being made has not seen it.
    if (this.#stopping.signal.aborted) child.signal('SIGKILL');
    this.#containerID = `rig://${child.pid ?? 0}-${startedAt.toString(36)}`;
    this.#become({ running: { startedAt: kubeTime(startedAt) } });
    this.#host.record('Normal', 'Created', `Created container: ${name}`, name);
    this.#host.record('Normal', 'Started', `Started container ${name}`, name);
    const running = new AbortController();
    const wanted = AbortSignal.any([running.signal, this.#stopping.signal]);
    const target = { address: this.#host.address, podIP: this.#host.podIP, container: this.spec };
    void runProbes(target, this.#listener(child), running.signal, wanted);
    const exit = await child.exited;
    running.abort();
    const tellsByLog = this.spec.terminationMessagePolicy === 'FallbackToLogsOnError' && exit.code !== 0;
    const terminated = terminatedState({
      exit,
      killed: child.killed,
      startedAt,
      finishedAt: Date.now(),
      containerID: this.#containerID,
      message: tellsByLog ? await child.logTail(2048) : '',
    });
    this.#ready = false;
    this.#started = false;
    this.#become({ terminated });
    return terminated;
  }

  #listener(child: Child): ProbeListener {
    const { name } = this.spec;
    return {
      started: () => {
        this.#started = true;
        this.#host.changed();
      },
      ready: (ready: boolean) => {
        this.#ready = ready;
        this.#host.changed();
      },
      unhealthy: (kind: string, message: string) =>
        this.#host.record('Warning', 'Unhealthy', `${kind} probe failed: ${message}`, name),
      dead: (kind: string, { terminationGracePeriodSeconds: seconds }: Probe) => {
        const words = `Container ${name} failed ${kind.toLowerCase()} probe, will be restarted`;
        this.#host.record('Normal', 'Killing', words, name);
        void endContainer(
          child,
          this.spec,
          this.#host,
          seconds ? seconds * 1_000 : this.#host.terminationGraceMs,
        );
      },
    };
  }

  async #wait(waitMs: number, terminated: Terminated): Promise<void> {
    this.#last = terminated;
    if (waitMs === 0) return;
    const { name } = this.spec;
    const pod = this.#host.podLabel;
    const message = `back-off ${waitMs / 1000}s restarting failed container=${name} pod=${pod}`;
    this.#become({ waiting: { reason: 'CrashLoopBackOff', message } });
    this.#host.record(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${name} in pod ${pod}`,
      name,
    );
    await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    // A container that is stopped in its back-off has ended as it last ended.
    if (this.#stopping.signal.aborted) this.#become({ terminated });
  }

  #become(state: ContainerState): void {
    this.#state = state;
    this.#host.changed();
  }
}
