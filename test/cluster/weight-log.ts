import type { KubeObject } from '../../rig/kube-client.ts';
import type { Shop } from './world.ts';

/** A weight as the API server stored it, and when we heard of it. */
export interface WeightChange {
  readonly at: number;
  readonly name: string;
  /** Absent once the Mapping is deleted. */
  readonly weight?: number;
}

/** Notes what becomes of the weights in a namespace, by a watch of its own. */
export class WeightLog {
  readonly changes: WeightChange[] = [];
  readonly #end = new AbortController();

  constructor(shop: Shop) {
    const path = `/apis/getambassador.io/v3alpha1/namespaces/${shop.namespace}/mappings`;
    const note = ({ metadata: { name }, spec }: KubeObject) => {
      const weight = (spec as { weight?: number }).weight;
      if (weight === undefined || this.last(name)?.weight === weight) return;
      this.changes.push({ at: Date.now(), name, weight });
    };
    void shop.world.cluster.client.watch(
      path,
      {
        onList: items => items.forEach(note),
        onEvent: ({ type, object }) => {
          if (type === 'DELETED') this.changes.push({ at: Date.now(), name: object.metadata.name });
          else note(object);
        },
      },
      this.#end.signal,
    );
  }

  last(name: string): WeightChange | undefined {
    return this.changes.findLast(change => change.name === name);
  }

  /** When the twin first had this weight, after `after`. */
  when(weight: number, after = 0): number {
    const change = this.changes.find(change => change.weight === weight && change.at > after);
    if (change === undefined) throw new Error(`no weight ${weight}: ${JSON.stringify(this.changes)}`);
    return change.at;
  }

  stop(): void {
    this.#end.abort();
  }
}
