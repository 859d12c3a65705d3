import { asRecord, type KubeObject, valueAt } from './kube-object.ts';
import { configurationAnnotation } from './plan.ts';

/**
 * The pod template of a workload, without what makes no other version of it: `kubectl rollout restart` leaves its time there, and a
 * promotion its digest of the configuration.
 */
export function versionOf(workload: KubeObject): Readonly<Record<string, unknown>> {
  const template = asRecord(valueAt(workload, 'spec', 'template')) ?? {};
  const metadata = asRecord(template.metadata) ?? {};
  const {
    'kubectl.kubernetes.io/restartedAt': _,
    [configurationAnnotation]: __,
    ...annotations
  } = asRecord(metadata.annotations) ?? {};
  const { annotations: ___, creationTimestamp: ____, ...others } = metadata;
  return {
    ...template,
    metadata: { ...others, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
  };
}

/** Whether all that is written here is there as well, among what the API server has filled in. */
export function says(there: unknown, written: unknown): boolean {
  if (Array.isArray(written)) {
    return (
      Array.isArray(there) &&
      there.length === written.length &&
      written.every((item, index) => says(there[index], item))
    );
  }
  const fields = asRecord(written);
  if (fields === undefined) return there === written || (there === undefined && written === null);
  const found = asRecord(there);
  return Object.entries(fields).every(([field, value]) => says(found?.[field], value));
}
