import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackOf } from '../addresses.ts';
import { isKubeStatus } from '../kube-client.ts';
import type { ContainerHost } from './container-host.ts';
import { ContainerRunner } from './container-runner.ts';
import { containerEnvironment } from './environment.ts';
import type { NodeServices } from './node-services.ts';
import type { Condition, ContainerSpec, Pod, PodStatus } from './pod.ts';
import { podStatus } from './pod-status.ts';
import { StatusWriter } from './status-writer.ts';

const deletionRetryMs = 300;

/** The life of one pod: its init containers, its containers, its status, and its end. */
export class PodWorker {
  readonly podIP: string;
  readonly #services: NodeServices;
  readonly #startedAt = Date.now();
  readonly #gone = new AbortController();
  readonly #writer: StatusWriter;
  readonly #inits: ContainerRunner[];
  readonly #containers: ContainerRunner[];
  #pod: Pod;
  #conditions: readonly Condition[];
  #ending: Promise<void> | undefined;
  #ended = false;

  constructor(pod: Pod, podIP: string, services: NodeServices) {
    this.#pod = pod;
    this.podIP = podIP;
    this.#services = services;
    this.#conditions = pod.status?.conditions ?? [];
    this.#writer = new StatusWriter(services.client, pod, () => this.#status(), this.#gone.signal);
    const host = this.#host();
    const inits = pod.spec.initContainers ?? [];
    const waitingFor = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    // An init container must end: restarting it when it fails is all that the pod's policy may ask.
    const initPolicy = pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
    this.#inits = inits.map(
      spec => new ContainerRunner(spec, spec.restartPolicy ?? initPolicy, host, waitingFor),
    );
    this.#containers = pod.spec.containers.map(
      spec => new ContainerRunner(spec, pod.spec.restartPolicy, host, waitingFor),
    );
  }

  /** Starts the pod; its status tells the rest. */
  start(): void {
    this.#writer.poke();
    void this.#run();
  }

  /** Takes a newer version of the pod; one that is being deleted is ended. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) this.#ending ??= this.#end();
    // Readiness gates are written by others.
    else this.#writer.poke();
  }

  /** The pod is no longer in the cluster, or the kubelet ends: kills its processes at once, and waits until they are gone. */
  async kill(): Promise<void> {
    this.#gone.abort();
    this.#services.events.forget(this.#pod);
    await Promise.all(this.#all.map(runner => runner.kill()));
  }

  /** True for the pod of this name. */
  is(namespace: string, name: string): boolean {
    return this.#pod.metadata.namespace === namespace && this.#pod.metadata.name === name;
  }

  /** One of its containers, by name. */
  container(name: string): ContainerRunner | undefined {
    return this.#all.find(runner => runner.spec.name === name);
  }

  get #all(): ContainerRunner[] {
    return [...this.#inits, ...this.#containers];
  }

  async #run(): Promise<void> {
    for (const init of this.#inits) {
      const running = init.run();
      await (init.spec.restartPolicy === 'Always' ? init.started() : running);
      if (this.#ending || this.#gone.signal.aborted || !this.#mayGoOn(init)) return;
    }
    await Promise.all(this.#containers.map(container => container.run()));
  }

  #mayGoOn(init: ContainerRunner): boolean {
    const { state, started } = init.status;
    return started || ('terminated' in state && state.terminated.exitCode === 0);
  }

  async #end(): Promise<void> {
    const graceMs = (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000;
    const end = Date.now() + graceMs;
    const sidecars = this.#inits.filter(init => init.spec.restartPolicy === 'Always');
    const others = this.#all.filter(runner => !sidecars.includes(runner));
    await Promise.all(others.map(runner => runner.stop(graceMs)));
    await Promise.all(sidecars.map(runner => runner.stop(Math.max(0, end - Date.now()))));
    this.#ended = true;
    await this.#writer.flush();
    await this.#delete();
  }

  /** Takes the pod out of the cluster; only now may another of the same name be made. */
  async #delete(): Promise<void> {
    const { name, namespace, uid } = this.#pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    while (!this.#gone.signal.aborted) {
      try {
        await this.#services.client.delete(path, options);
        return;
      } catch (error) {
        if (isKubeStatus(error, 404) || isKubeStatus(error, 409)) return;
        await sleep(deletionRetryMs, undefined, { signal: this.#gone.signal }).catch(() => {});
      }
    }
  }

  #status(): PodStatus {
    const status = podStatus({
      pod: this.#pod,
      podIP: this.podIP,
      hostIP: this.#services.hostIP,
      startedAt: this.#startedAt,
      now: Date.now(),
      previous: this.#conditions,
      containers: this.#containers.map(runner => runner.status),
      initContainers: this.#inits.map(runner => runner.status),
      sidecars: new Set(
        this.#inits.filter(init => init.spec.restartPolicy === 'Always').map(init => init.spec.name),
      ),
      ended: this.#ended,
    });
    this.#conditions = status.conditions ?? [];
    return status;
  }

  #host(): ContainerHost {
    const { name, namespace, uid } = this.#pod.metadata;
    const services = this.#services;
    const { podIP } = this;
    const address = loopbackOf(podIP);
    return {
      podLabel: `${name}_${namespace}(${uid})`,
      podIP,
      address,
      backOff: services.backOff,
      terminationGraceMs: (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000,
      environment: async (container: ContainerSpec) => ({
        PATH: process.env.PATH,
        HOSTNAME: name,
        ...(await containerEnvironment(
          container,
          this.#pod,
          { podIP, hostIP: services.hostIP },
          services.config,
        )),
        // Every pod has its own loopback address: an app that listened on all of them would take the others' port.
        LISTEN_ADDRESS: address,
      }),
      logFile: (container, restart) =>
        join(services.logDirectory, `${namespace}_${name}_${uid}`, container, `${restart}.log`),
      record: (type, reason, message, container) =>
        services.events.record(this.#pod, type, reason, message, container),
      changed: () => this.#writer.poke(),
    };
  }
}
