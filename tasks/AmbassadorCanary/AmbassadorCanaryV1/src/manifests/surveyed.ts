import type { KubeObject } from '../release/kube-object.ts';

/** What would become of a live object if its manifest were applied as promotion does. */
export interface Change {
  readonly template: boolean;
  readonly besidesTemplate: boolean;
  /** The object as it is, in the version of its manifest. Absent where nobody was asked. */
  readonly before?: KubeObject;
  /** As it would be, said by the same dry runs. */
  readonly after?: KubeObject;
}

/** What the cluster held when the release looked, before the first write. */
export interface Surveyed {
  /** Live objects of the manifests, and whatever else was found under a canary's name, by `identityOf`. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** The Services of the namespaces concerned, from the cluster. */
  readonly services: readonly KubeObject[];
  /** The Mappings of the namespaces concerned, from the cluster. */
  readonly mappings: readonly KubeObject[];
  /** For each live object of the manifests, by `identityOf`: what the API server's dry run says of it. */
  readonly changes: ReadonlyMap<string, Change>;
  /** Deployments (by `identityOf`) whose replicas an autoscaler owns. */
  readonly autoscaled: ReadonlySet<string>;
}
