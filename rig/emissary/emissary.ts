import { setTimeout as sleep } from 'node:timers/promises';
import type { Envoy } from '../envoy/envoy.ts';
import { AdminServer } from './admin.ts';
import { ChangeBatcher } from './change-batcher.ts';
import { ClusterState, type Watcher } from './cluster-state.ts';
import { compile } from './compile.ts';
import type { ServiceState } from './endpoints.ts';
import { EnvoyFeed } from './envoy-feed.ts';
import type { Model } from './model.ts';

/** Emissary's `AMBASSADOR_RECONFIG_MAX_DELAY` in milliseconds. */
const reconfigMaxDelayMs = 1000;

/**
 * How long after a change of a Service's endpoints requests follow, in milliseconds: kube-proxy hears of it by a watch of its
 * own and rewrites the node's rules, within some hundred milliseconds on a small cluster. In that time a pod that is
 * about to end still gets requests. Emissary has no part in it.
 */
const endpointDelayMs = 300;

export interface EmissaryOptions {
  readonly client: Watcher;
  readonly envoy: Envoy;
  /** The namespace that it claims to run in. */
  readonly namespace: string;
  /** Where port 8877 is served: an address of 127.0.0.0/8, and a port. */
  readonly admin: { readonly host: string; readonly port: number };
  /** Told of every state of the Services that Envoy now follows. */
  readonly onServices: (state: ServiceState) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * A stand-in for Emissary with id `default`: watches the cluster, compiles Mappings into routes with Emissary's rules and
 * mistakes, feeds Envoy, and answers on its admin port. Its first change goes out at once, further ones are
 * gathered for up to a second; each configuration is validated first, and a refused one changes nothing.
 */
export class Emissary {
  readonly #options: EmissaryOptions;
  readonly #feed: EnvoyFeed;
  readonly #admin: AdminServer;
  readonly #state: ClusterState;
  readonly #batcher: ChangeBatcher;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #model: { current?: Model };
  /** How much longer it compiles than it must, in milliseconds: as with thousands of Mappings, or on a busy machine. */
  slowdownMs = 0;
  readonly #work = { configuration: Promise.resolve(), endpoints: Promise.resolve() };
  #stopped = false;

  private constructor(options: EmissaryOptions, admin: AdminServer, model: { current?: Model }) {
    this.#options = options;
    this.#admin = admin;
    this.#model = model;
    this.#feed = new EnvoyFeed(options.envoy, options.namespace);
    this.#batcher = new ChangeBatcher(reconfigMaxDelayMs, () =>
      this.#enqueue('configuration', () => this.#reconfigure()),
    );
    this.#state = new ClusterState({
      client: options.client,
      onConfig: () => this.#batcher.changed(),
      onEndpoints: () => this.#endpointsChanged(),
      log: options.log,
    });
  }

  static async start(options: EmissaryOptions): Promise<Emissary> {
    const model: { current?: Model } = {};
    const admin = await AdminServer.start({
      ...options.admin,
      model: () => model.current,
      envoyMetrics: async () => (await fetch(`${options.envoy.adminUrl}/stats/prometheus`)).text(),
    });
    const emissary = new Emissary(options, admin, model);
    emissary.#state.start();
    return emissary;
  }

  /** The base of the diagnostics and `/metrics`. */
  get adminUrl(): string {
    return this.#admin.url;
  }

  /** The configuration in effect; undefined before the first one. */
  get model(): Model | undefined {
    return this.#model.current;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#batcher.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#state.stop();
    await Promise.all(Object.values(this.#work));
    await this.#admin.stop();
  }

  async #reconfigure(): Promise<void> {
    const compiled = compile(this.#state.snapshot(), {
      ambassadorId: 'default',
      emissaryNamespace: this.#options.namespace,
    });
    if (this.slowdownMs > 0) await sleep(this.slowdownMs);
    const refused = await this.#feed.configure(compiled);
    if (refused === undefined) this.#model.current = compiled.model;
    else this.#options.log(`no update performed (invalid envoy configuration generated): ${refused}`);
  }

  /** The state of now takes effect later, in the order of the changes. */
  #endpointsChanged(): void {
    const state = this.#state.services();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue('endpoints', async () => {
        await this.#feed.updateEndpoints(state);
        await this.#options.onServices(state);
      });
    }, endpointDelayMs);
    this.#timers.add(timer);
  }

  /** One of a kind at a time, in the order in which they came. */
  #enqueue(kind: 'configuration' | 'endpoints', task: () => Promise<void>): void {
    this.#work[kind] = this.#work[kind].then(async () => {
      if (this.#stopped) return;
      try {
        await task();
      } catch (error) {
        this.#options.log((error as Error).message);
      }
    });
  }
}
