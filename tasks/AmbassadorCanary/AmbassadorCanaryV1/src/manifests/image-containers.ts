import { asRecord, type KubeObject, valueAt } from '../release/kube-object.ts';

/** A container of a workload's pod template, as the manifest has it. */
export interface TemplateContainer {
  readonly name: string;
  /** Absent where the manifest names no image. */
  readonly image?: string;
  readonly init: boolean;
  /** From the object's root to the container: `['spec', 'template', 'spec', 'containers', 0]`. */
  readonly path: readonly (string | number)[];
}

/** Where the pod template's metadata and spec stand in each kind that has one, by API group and kind. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  '/Pod': [],
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The way to an object's pod template; `undefined` for what is no workload. */
export function templatePathOf({ apiVersion, kind }: KubeObject): readonly string[] | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return templatePaths[`${group}/${kind}`];
}

/** The containers and then the init containers of a workload; none for an object that is no workload. */
export function containersOf(object: KubeObject): readonly TemplateContainer[] {
  const template = templatePathOf(object);
  if (template === undefined) return [];
  return ['containers', 'initContainers'].flatMap(list => {
    const containers = valueAt(object, ...template, 'spec', list);
    if (!Array.isArray(containers)) return [];
    return containers.flatMap((item, index): TemplateContainer[] => {
      const { name, image } = asRecord(item) ?? {};
      if (typeof name !== 'string') return [];
      const container = { name, init: list === 'initContainers', path: [...template, 'spec', list, index] };
      return [typeof image === 'string' ? { ...container, image } : container];
    });
  });
}
