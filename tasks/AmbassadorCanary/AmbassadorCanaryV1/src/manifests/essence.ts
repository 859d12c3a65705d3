import { asRecord, type KubeObject } from '../release/kube-object.ts';

/** Who wrote it and when is not what it says. */
const bookkeeping = [
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
  'selfLink',
];

/** What an object says, without its status and what the API server notes about it. */
export function essence(object: KubeObject): Readonly<Record<string, unknown>> {
  const { status: _, ...rest } = object;
  const metadata = Object.fromEntries(
    Object.entries(asRecord(object.metadata) ?? {}).filter(([field]) => !bookkeeping.includes(field)),
  );
  return { ...rest, metadata };
}
