import { type KubeObject, valueAt } from '../release/kube-object.ts';

/** The images that the pods of a workload run, in the order of its containers. */
export function imagesOf(workload: KubeObject): readonly string[] {
  const containers = valueAt(workload, 'spec', 'template', 'spec', 'containers');
  return (Array.isArray(containers) ? containers : []).map(container => String(valueAt(container, 'image')));
}
