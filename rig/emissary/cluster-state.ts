import type { MappingObject } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { KubeClient, KubeObject } from '../kube-client.ts';
import { annotatedMappings } from './all-mappings.ts';
import type { ServiceState } from './endpoints.ts';
import type { HostObject, Snapshot } from './model.ts';

/** What the stand-in needs of a Kubernetes client. */
export type Watcher = Pick<KubeClient, 'watch'>;

const sources = {
  mappings: '/apis/getambassador.io/v3alpha1/mappings',
  hosts: '/apis/getambassador.io/v3alpha1/hosts',
  /** As in Emissary 2.0; later ones do not read this group, and then nobody writes it. */
  earlyMappings: '/apis/x.getambassador.io/v3alpha1/ambassadormappings',
  services: '/api/v1/services',
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
} as const;

type Source = keyof typeof sources;

export interface ClusterStateOptions {
  readonly client: Watcher;
  /** Mappings, Hosts, Services or Ingresses changed: Emissary compiles anew. Not called before all kinds have been listed. */
  readonly onConfig: () => void;
  /** Services or EndpointSlices changed. Likewise. */
  readonly onEndpoints: () => void;
  readonly log: (line: string) => void;
}

/** The objects that decide where requests go, kept current by watches. */
export class ClusterState {
  readonly #objects: Record<Source, Map<string, KubeObject>> = {
    mappings: new Map(),
    hosts: new Map(),
    earlyMappings: new Map(),
    services: new Map(),
    ingresses: new Map(),
    slices: new Map(),
  };
  readonly #listed = new Set<Source>();
  readonly #options: ClusterStateOptions;
  readonly #stopped = new AbortController();
  #watches: Promise<void>[] = [];
  #lastError = '';

  constructor(options: ClusterStateOptions) {
    this.#options = options;
  }

  /** Starts the watches. */
  start(): void {
    this.#watches = (Object.keys(sources) as Source[]).map(source => this.#watch(source));
  }

  /** Throws where Emissary itself would break down. */
  snapshot(): Snapshot {
    const { mappings, earlyMappings, services, ingresses } = this.#objects;
    const objects = [...mappings.values(), ...earlyMappings.values()];
    return {
      mappings: [
        ...(objects as unknown as MappingObject[]),
        ...annotatedMappings([...services.values(), ...ingresses.values()]),
      ],
      hosts: [...this.#objects.hosts.values()] as unknown as HostObject[],
    };
  }

  services(): ServiceState {
    return { services: [...this.#objects.services.values()], slices: [...this.#objects.slices.values()] };
  }

  /** Ends the watches and waits for them. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#watches);
  }

  #watch(source: Source): Promise<void> {
    const objects = this.#objects[source];
    const key = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
    return this.#options.client.watch(
      sources[source],
      {
        onList: items => {
          objects.clear();
          for (const item of items) objects.set(key(item), item);
          if (this.#complete()) {
            this.#changed(source);
          } else {
            this.#listed.add(source);
            // What came before the last kind was told to nobody.
            if (this.#complete()) this.#changed('services');
          }
        },
        onEvent: ({ type, object }) => {
          if (type === 'DELETED') objects.delete(key(object));
          else objects.set(key(object), object);
          this.#changed(source);
        },
        onError: error => {
          if (error.message !== this.#lastError) this.#options.log(`watch of ${source}: ${error.message}`);
          this.#lastError = error.message;
        },
      },
      this.#stopped.signal,
    );
  }

  #changed(source: Source): void {
    if (!this.#complete() || this.#stopped.signal.aborted) return;
    if (source !== 'slices') this.#options.onConfig();
    if (source === 'services' || source === 'slices') this.#options.onEndpoints();
  }

  #complete(): boolean {
    return this.#listed.size === Object.keys(sources).length;
  }
}
