import type { KubeObject, ObjectRef } from '../release/kube-object.ts';
import type { Routing } from './routing.ts';
import type { Labels } from './selector.ts';

/** What would become of a live object if its manifest were applied as promotion does. */
export interface Change {
  readonly template: boolean;
  readonly besidesTemplate: boolean;
  /** The object as it is, in the version of its manifest. Absent where nobody was asked. */
  readonly before?: KubeObject;
  /** As it would be, said by the same dry runs. */
  readonly after?: KubeObject;
  /** What promotion makes of configuration, where its content becomes another one. */
  readonly content?: NewContent;
}

/** Configuration as it will be. */
export interface NewContent {
  readonly object: KubeObject;
  /** JSON Pointers to what applying would leave behind, and `object` no longer has. */
  readonly stale: readonly string[];
}

/** What stands around the workloads, as far as the connection may see it. */
export interface Around {
  /** NetworkPolicies: of the whole cluster where they may be listed, else of the namespaces concerned. */
  readonly policies: readonly KubeObject[];
  /** PodDisruptionBudgets of the namespaces concerned. */
  readonly budgets: readonly KubeObject[];
  /** The labels of those namespaces that may be read. */
  readonly namespaceLabels: ReadonlyMap<string, Labels>;
  /** What the workloads' pods refer to and neither the manifests hold nor the cluster. */
  readonly missing: readonly Missing[];
  /** The objects that change in fields of other field managers. */
  readonly managed: readonly Managed[];
  /** What could not be seen and what that means: one sentence each. */
  readonly notes: readonly string[];
}

/** Who else manages fields of an object that change. */
export interface Managed {
  readonly object: ObjectRef;
  readonly managers: readonly string[];
}

/** An object that pods of the new version need and that nobody has. */
export interface Missing {
  readonly ref: ObjectRef;
  /** Who needs it. */
  readonly by: ObjectRef;
}

export const nothingAround: Around = {
  policies: [],
  budgets: [],
  namespaceLabels: new Map(),
  missing: [],
  managed: [],
  notes: [],
};

/** What the cluster held when the release looked, before the first write. */
export interface Surveyed {
  /** Live objects of the manifests, and whatever else was found under a canary's name, by `identityOf`. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** The Services of the namespaces concerned, from the cluster. */
  readonly services: readonly KubeObject[];
  /** All Mappings that may be listed, whatever their namespace: objects of the cluster. */
  readonly mappings: readonly KubeObject[];
  /** What else decides where requests go; absent where nobody looked. */
  readonly routing?: Routing;
  /** For each live object of the manifests, by `identityOf`: what the API server's dry run says of it. */
  readonly changes: ReadonlyMap<string, Change>;
  readonly around: Around;
  /**
   * What scales the Deployments of the manifests: HorizontalPodAutoscalers, and KEDA's ScaledObjects instead of the HPAs that they own.
   * An HPA of KEDA's among them is one whose ScaledObject can't be read. Absent where nobody looked.
   */
  readonly autoscalers?: readonly KubeObject[];
  /** Deployments (by `identityOf`) whose replicas an autoscaler owns. */
  readonly autoscaled: ReadonlySet<string>;
}
