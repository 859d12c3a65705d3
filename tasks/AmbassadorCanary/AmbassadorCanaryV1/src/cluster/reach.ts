import { hasCode } from '../release/errors.ts';
import type { KubeObject } from '../release/kube-object.ts';

/** What it takes to look around in a cluster. */
export interface ListingCluster {
  /** All objects of a kind: of a namespace, or of all where none is named. */
  list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    options?: { readonly labelSelector?: string },
  ): Promise<readonly KubeObject[]>;
  /** The versions of an API group that the server serves; none where it does not know the group. */
  servedVersions(group: string): Promise<readonly string[]>;
}

/** Looks as far as it is allowed to, and remembers where that ended: what can't be seen is named, never taken for nothing. */
export class Reach {
  readonly #narrowed = new Set<string>();
  readonly #unseen = new Set<string>();

  constructor(
    private readonly cluster: ListingCluster,
    private readonly namespaces: readonly string[],
  ) {}

  /**
   * The objects of a kind in all namespaces, or, where that is forbidden, in ours. None of a kind that is not served. Rejects with
   * `CLUSTER_FORBIDDEN` where not even ours may be read.
   */
  async all(apiVersion: string, kind: string): Promise<readonly KubeObject[]> {
    const everywhere = await this.everywhere(apiVersion, kind);
    if (everywhere !== undefined) return everywhere;
    const lists = await Promise.all(
      this.namespaces.map(namespace => this.cluster.list(apiVersion, kind, namespace)),
    );
    this.#narrowed.add(kind);
    return lists.flat();
  }

  /** The objects of a kind in all namespaces; `undefined` where that is forbidden. */
  async everywhere(
    apiVersion: string,
    kind: string,
    options: { readonly labelSelector?: string } = {},
  ): Promise<readonly KubeObject[] | undefined> {
    try {
      return await this.cluster.list(apiVersion, kind, undefined, options);
    } catch (thrown) {
      if (hasCode(thrown, 'KIND_UNKNOWN')) return [];
      if (hasCode(thrown, 'CLUSTER_FORBIDDEN')) return undefined;
      throw thrown;
    }
  }

  /** For `catch`: what may not be seen at all is noted, and known as unknown. */
  orNothing(what: string): (thrown: unknown) => undefined {
    return thrown => {
      if (!hasCode(thrown, 'CLUSTER_FORBIDDEN')) throw thrown;
      this.#unseen.add(what);
    };
  }

  /** What could not be seen, one sentence each. */
  notes(): readonly string[] {
    const notes: string[] = [];
    if (this.#narrowed.size > 0) {
      const kinds = [...this.#narrowed].sort().join(', ');
      notes.push(
        `Only in ${this.namespaces.join(', ')} could be looked for what routes here (${kinds}; other namespaces are not allowed): a Mapping elsewhere would stay with stable`,
      );
    }
    if (this.#unseen.size > 0) {
      const what = [...this.#unseen].sort().join(', ');
      notes.push(
        `Could not look at ${what} (not allowed): a route that depends on them is not checked for it`,
      );
    }
    return notes;
  }
}
