import { type ConfigKind, type ConfigRename, configRefs } from '../release/config-refs.ts';
import {
  asRecord,
  identityOf,
  type KubeObject,
  type ObjectRef,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { type ConfigChange, releaseLabel } from '../release/plan.ts';
import { digestOf } from './digest.ts';
import { canaryName } from './names.ts';
import type { Surveyed } from './surveyed.ts';

/** Configuration whose content changes, and the copy of the new content that only the canary reads. */
export interface ChangedConfig {
  readonly namespace: string;
  readonly twin: KubeObject;
  /** The first is the twin's own; a SecretProviderClass brings along the Secrets that it fills. */
  readonly renames: readonly [ConfigRename, ...ConfigRename[]];
  /** Of the new content. Nobody who may not read the object can try values against it. */
  readonly digest: string;
}

const configGroups: Readonly<Record<ConfigKind, string>> = {
  ConfigMap: '',
  Secret: '',
  SecretProviderClass: 'secrets-store.csi.x-k8s.io',
};

/** Whether pods read such objects as their settings. */
export function isConfiguration({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return Object.hasOwn(configGroups, kind) && configGroups[kind as ConfigKind] === group;
}

/** The pod spec of a workload's manifest or live object. */
export function podSpecOf(workload: KubeObject): unknown {
  return valueAt(workload, 'spec', 'template', 'spec');
}

/**
 * All configuration of the manifests whose content changes, with its twins. One that does not exist yet changes as well where
 * pods of stable already ask for it, as they may for an optional one: they would find it when they restart.
 */
export function changedConfiguration(
  objects: readonly KubeObject[],
  surveyed: Surveyed,
  release: string,
): readonly ChangedConfig[] {
  const readByStable = new Set(
    [...surveyed.live.values()]
      .filter(live => live.kind === 'Deployment' && live.metadata.labels?.[releaseLabel] === undefined)
      .flatMap(live => configRefs(podSpecOf(live)).map(ref => placeOf(live.metadata.namespace, ref))),
  );
  return objects.filter(isConfiguration).flatMap(object => {
    const identity = identityOf(refOf(object));
    const live = surveyed.live.get(identity);
    const { kind, metadata } = object;
    const asked = readByStable.has(placeOf(metadata.namespace, { kind, name: metadata.name }));
    const content =
      live === undefined ? (asked ? object : undefined) : surveyed.changes.get(identity)?.content?.object;
    // The cluster fills these by itself, for the account that they are named after.
    if (content === undefined || content.type === 'kubernetes.io/service-account-token') return [];
    return [changedConfig(content, live, release)];
  });
}

function changedConfig(content: KubeObject, live: KubeObject | undefined, release: string): ChangedConfig {
  const { namespace = 'default', name } = content.metadata;
  const kind = content.kind as ConfigKind;
  const own: ConfigRename = { kind, from: name, to: canaryName(name) };
  const filled = kind === 'SecretProviderClass' ? filledSecrets(content) : [];
  const renames = filled.map((from): ConfigRename => ({ kind: 'Secret', from, to: canaryName(from) }));
  return {
    namespace,
    twin: twinOf(content, release),
    renames: [own, ...renames],
    digest: digestOf([live?.metadata.uid ?? '', payloadOf(content)]),
  };
}

/** Not immutable, since a copy has no readers to protect; without annotations, by which other tools would fill or take it. */
function twinOf(content: KubeObject, release: string): KubeObject {
  const { name, namespace = 'default', labels } = content.metadata;
  return {
    apiVersion: content.apiVersion,
    kind: content.kind,
    metadata: { name: canaryName(name), namespace, labels: { ...labels, [releaseLabel]: release } },
    ...payloadOf(content),
    ...(content.kind === 'SecretProviderClass' ? { spec: withOwnSecrets(content.spec) } : {}),
  };
}

function payloadOf(content: KubeObject): Readonly<Record<string, unknown>> {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, immutable: _____, ...payload } = content;
  return payload;
}

/** Secrets that the driver makes of what it mounts: two classes that fill one would overwrite each other. */
function filledSecrets(providerClass: KubeObject): readonly string[] {
  const objects = valueAt(providerClass, 'spec', 'secretObjects');
  return (Array.isArray(objects) ? objects : [])
    .map(object => asRecord(object)?.secretName)
    .filter(name => typeof name === 'string');
}

function withOwnSecrets(spec: unknown): unknown {
  const record = asRecord(spec) ?? {};
  if (!Array.isArray(record.secretObjects)) return spec;
  return {
    ...record,
    secretObjects: record.secretObjects.map(object => {
      const name = asRecord(object)?.secretName;
      return typeof name === 'string' ? { ...asRecord(object), secretName: canaryName(name) } : object;
    }),
  };
}

/** Those of them that a workload's pods read. */
export function readBy(workload: KubeObject, changed: readonly ChangedConfig[]): readonly ChangedConfig[] {
  const { namespace } = workload.metadata;
  const refs = new Set(configRefs(podSpecOf(workload)).map(ref => placeOf(namespace, ref)));
  return changed.filter(
    config =>
      config.namespace === namespace &&
      config.renames.some(({ kind, from }) => refs.has(placeOf(namespace, { kind, name: from }))),
  );
}

/** One digest for all of them; `undefined` for none. */
export function digestOfAll(changed: readonly ChangedConfig[]): string | undefined {
  return changed.length === 0 ? undefined : digestOf(changed.map(({ digest }) => digest).sort());
}

/** How promotion changes the original of each. */
export function configChange(object: KubeObject, surveyed: Surveyed): ConfigChange {
  const ref = refOf(object);
  const identity = identityOf(ref);
  const stale = surveyed.changes.get(identity)?.content?.stale ?? [];
  if (!surveyed.live.has(identity)) return { object, stale };
  return { object, stale, before: { ...ref, name: beforeName(ref.name) } };
}

/** Under which name promotion keeps what an object was. */
export function beforeName(name: string): string {
  return canaryName(`${name}-before`);
}

function placeOf(namespace: string | undefined, { kind, name }: { kind: string; name: string }): string {
  return `${namespace}/${kind}/${name}`;
}
