import { type KubeObject, valueAt } from '../release/kube-object.ts';
import type { PatchOperation } from '../release/ports.ts';

/** Adds an annotation to those that there are. */
export function annotating({ metadata }: KubeObject, name: string, value: string): PatchOperation {
  return metadata.annotations === undefined
    ? { op: 'add', path: '/metadata/annotations', value: { [name]: value } }
    : { op: 'add', path: `/metadata/annotations/${name.replace('/', '~1')}`, value };
}

/** The pods that it has, as far as they are ready. */
export function readyOf(workload: KubeObject): number {
  const ready = valueAt(workload, 'status', 'readyReplicas');
  return typeof ready === 'number' ? ready : 0;
}
