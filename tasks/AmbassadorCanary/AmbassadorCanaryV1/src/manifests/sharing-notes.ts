import {
  asRecord,
  asRecords,
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { podSpecOf } from './config-twins.ts';
import type { Surveyed } from './surveyed.ts';

type Json = Readonly<Record<string, unknown>>;
/** Disks that one node at a time can write. */
const diskVolumes = [
  'awsElasticBlockStore',
  'azureDisk',
  'cinder',
  'gcePersistentDisk',
  'rbd',
  'iscsi',
  'fc',
];

/**
 * What two versions of a workload can't have both, or may not stand side by side, one sentence each: known before the start
 * rather than found out by a pod that stays Pending.
 */
export function sharingNotes(
  workload: KubeObject,
  objects: readonly KubeObject[],
  surveyed: Surveyed,
): readonly string[] {
  const name = nameOf(refOf(workload));
  const spec = asRecord(podSpecOf(workload)) ?? {};
  const containers = [...asRecords(spec.containers), ...asRecords(spec.initContainers)];
  const ports = containers
    .flatMap(container => asRecords(container.ports))
    .map(({ hostPort }) => hostPort)
    .filter(port => typeof port === 'number' && port > 0);
  const notes: string[] = [];
  if (spec.hostNetwork === true) {
    notes.push(`${name} uses its node's network: a canary pod needs a node without a pod of stable`);
  } else if (ports.length > 0) {
    const listed = [...new Set(ports)].join(', ');
    notes.push(`${name} takes port ${listed} of its node: a canary pod needs a node without a pod of stable`);
  }
  for (const volume of asRecords(spec.volumes)) {
    const text = volumeNote(volume, workload, objects, surveyed);
    if (text !== undefined) notes.push(`${name}: ${text}`);
  }
  if (valueAt(workload, 'spec', 'strategy', 'type') === 'Recreate') {
    notes.push(`${name} has the strategy Recreate: the canary runs beside stable all the same`);
  }
  return notes;
}

function volumeNote(
  volume: Json,
  workload: KubeObject,
  objects: readonly KubeObject[],
  surveyed: Surveyed,
): string | undefined {
  const disk = diskVolumes.find(kind => volume[kind] !== undefined);
  if (disk !== undefined) {
    return `volume ${String(volume.name)} is one disk (${disk}): canary pods may wait for stable's to let go of it`;
  }
  const name = valueAt(volume, 'persistentVolumeClaim', 'claimName');
  if (typeof name !== 'string') return undefined;
  const { namespace } = workload.metadata;
  const place = namespace === undefined ? { name } : { name, namespace };
  const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...place };
  const claim =
    surveyed.live.get(identityOf(ref)) ??
    objects.find(object => identityOf(refOf(object)) === identityOf(ref));
  const modes = valueAt(claim, 'spec', 'accessModes');
  if (!Array.isArray(modes)) return `stable and canary both write to ${nameOf(ref)}`;
  if (modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany')) {
    return `stable and canary share ${nameOf(ref)}`;
  }
  return modes.includes('ReadWriteOncePod')
    ? `${nameOf(ref)} is for one pod (ReadWriteOncePod): a canary pod waits until stable's is gone`
    : `${nameOf(ref)} is for one node (ReadWriteOnce): a canary pod has to run on the node of stable's`;
}
