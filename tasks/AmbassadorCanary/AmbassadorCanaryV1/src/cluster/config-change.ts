import type { NewContent } from '../manifests/surveyed.ts';
import { CanaryError } from '../release/errors.ts';
import { asRecord, asRecords, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { isSameJson } from '../release/same-json.ts';

/** Where ConfigMaps and Secrets keep what pods read. */
const dataFields = ['data', 'binaryData'] as const;
/** Deployers by the names that they give themselves as field managers. */
const deployers = /^(kubectl|helm)/i;

/**
 * What promotion makes of configuration, from what the API server's dry run made of it; `undefined` where its content stays
 * what it is. Applying leaves the entries that another manager put there: those of the deployer before us, who also put the
 * others there, go, and those that a controller adds stay. Throws `MANIFEST_INVALID` for an immutable one.
 */
export function newContent(
  manifest: KubeObject,
  live: KubeObject,
  result: KubeObject,
): NewContent | undefined {
  const stale = dataFields.flatMap(field => staleEntries(field, manifest, live, result));
  const object = stale.reduce(without, result);
  if (isSameJson(payloadOf(live), payloadOf(object))) return undefined;
  if (live.immutable === true) throw immutableError(manifest);
  return { object, stale: stale.map(({ field, key }) => `/${field}/${escaped(key)}`) };
}

/** The server refuses such a change as well, in words that name no way out. */
export function immutableError(manifest: KubeObject, cause?: unknown): CanaryError {
  const name = manifest.metadata.name;
  return new CanaryError('MANIFEST_INVALID', `${nameOf(refOf(manifest))} changes, but is immutable`, {
    expected: 'the content that it has in the cluster',
    found: 'another one',
    hint: `Give the new content a name of its own, such as ${name}-2, and let the workload refer to that: the canary gets it like any other change`,
    ...(cause === undefined ? {} : { cause }),
  });
}

interface Entry {
  readonly field: (typeof dataFields)[number];
  readonly key: string;
}

function staleEntries(
  field: Entry['field'],
  manifest: KubeObject,
  live: KubeObject,
  result: KubeObject,
): readonly Entry[] {
  const wanted = new Set(
    [...dataFields, 'stringData'].flatMap(name => Object.keys(asRecord(manifest[name]) ?? {})),
  );
  const managers = asRecords(valueAt(live, 'metadata', 'managedFields'));
  const owns = (manager: Readonly<Record<string, unknown>>, name: string, key: string) =>
    valueAt(manager, 'fieldsV1', `f:${name}`, `f:${key}`) !== undefined;
  const isDeployer = (manager: Readonly<Record<string, unknown>>) =>
    deployers.test(String(manager.manager)) ||
    dataFields.some(name => [...wanted].some(key => owns(manager, name, key)));
  return Object.keys(asRecord(result[field]) ?? {})
    .filter(key => !wanted.has(key))
    .filter(key => managers.some(manager => owns(manager, field, key) && isDeployer(manager)))
    .map(key => ({ field, key }));
}

function without(object: KubeObject, { field, key }: Entry): KubeObject {
  const { [key]: _, ...kept } = asRecord(object[field]) ?? {};
  if (Object.keys(kept).length > 0) return { ...object, [field]: kept };
  const { [field]: __, ...rest } = object;
  return rest as KubeObject;
}

/** An absent map and an empty one hold the same. */
function payloadOf(object: KubeObject): Readonly<Record<string, unknown>> {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, immutable: _____, ...payload } = object;
  const isEmpty = (value: unknown) => Object.keys(asRecord(value) ?? { filled: true }).length === 0;
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => !isEmpty(value)));
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
