import type { KubeObject } from '../release/kube-object.ts';

/** Objects of one kind. Without a namespace: those of all namespaces, or of a kind that has none. */
export interface Collection {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** What a collection held at one moment, and where a watch goes on from there. */
export interface Listing {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}
