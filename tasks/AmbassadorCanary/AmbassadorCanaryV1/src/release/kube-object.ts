/** An object of the cluster as plain JSON: what is sent is what was read, plus what we changed. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly [field: string]: unknown;
}

/** Which object is meant. `namespace` is absent for kinds without one. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Which object this is. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, name, namespace };
}

/** `Deployment shop/web`, as the log names it. */
export function nameOf(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** The same object, whatever its version: `apps/v1` and `apps/v1beta1` Deployments of one name are one. */
export function identityOf(ref: ObjectRef): string {
  const group = ref.apiVersion.includes('/') ? ref.apiVersion.slice(0, ref.apiVersion.indexOf('/')) : '';
  return `${group}|${ref.kind}|${ref.namespace ?? ''}|${ref.name}`;
}

/** A JSON value's object form, or `undefined` for anything else: outside data is never assumed to have a shape. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The objects among the items of a JSON list; none where it is no list. */
export function asRecords(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return (Array.isArray(value) ? value : []).map(asRecord).filter(item => item !== undefined);
}

/** Follows field names into a JSON value; `undefined` where the way ends. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const field of path) current = asRecord(current)?.[field];
  return current;
}

/** Only the string values of a JSON object, as labels and annotations are. */
export function asStringMap(value: unknown): Readonly<Record<string, string>> {
  const strings: Record<string, string> = {};
  for (const [key, item] of Object.entries(asRecord(value) ?? {})) {
    if (typeof item === 'string') strings[key] = item;
  }
  return strings;
}

/** The pods that a workload is to have; 1 where it does not say, as for Kubernetes. */
export function replicasOf(workload: KubeObject): number {
  const replicas = valueAt(workload, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}
