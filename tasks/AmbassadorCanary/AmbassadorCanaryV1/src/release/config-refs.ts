import { asRecord, valueAt } from './kube-object.ts';

/** The kinds that a pod reads its settings from. */
export type ConfigKind = 'ConfigMap' | 'Secret' | 'SecretProviderClass';

/** A pod spec's mention of an object that it reads settings from. */
export interface ConfigRef {
  readonly kind: ConfigKind;
  readonly name: string;
  /** The pod starts without it. */
  readonly optional: boolean;
}

/** The canary reads `to` wherever stable reads `from`. */
export interface ConfigRename {
  readonly kind: ConfigKind;
  readonly from: string;
  readonly to: string;
}

type Naming = (ref: ConfigRef) => string;
type Json = Readonly<Record<string, unknown>>;

/** The driver of volumes whose content a SecretProviderClass names, such as a Key Vault's. */
const secretsStore = 'secrets-store.csi.k8s.io';

/**
 * All that the containers of a pod spec read: `env`, `envFrom` and volumes, projected ones as well. `imagePullSecrets` and the
 * credentials of storage are the node's business, not the app's.
 */
export function configRefs(podSpec: unknown): readonly ConfigRef[] {
  const refs: ConfigRef[] = [];
  renamed(podSpec, ref => {
    refs.push(ref);
    return ref.name;
  });
  return refs;
}

/** The same pod spec, reading the other names. */
export function withConfigNames(podSpec: unknown, renames: readonly ConfigRename[]): unknown {
  if (renames.length === 0) return podSpec;
  return renamed(
    podSpec,
    ({ kind, name }) => renames.find(rename => rename.kind === kind && rename.from === name)?.to ?? name,
  );
}

function renamed(podSpec: unknown, naming: Naming): unknown {
  const spec = asRecord(podSpec);
  if (spec === undefined) return podSpec;
  const inContainers = (containers: unknown) => items(containers, one => containerRenamed(one, naming));
  return changed(spec, {
    containers: inContainers,
    initContainers: inContainers,
    volumes: volumes => items(volumes, volume => volumeRenamed(volume, naming)),
  });
}

function containerRenamed(container: Json, naming: Naming): Json {
  return changed(container, {
    env: variables =>
      items(variables, variable =>
        changed(variable, {
          valueFrom: source =>
            changed(asRecord(source) ?? {}, {
              configMapKeyRef: ref => reference(ref, 'ConfigMap', naming),
              secretKeyRef: ref => reference(ref, 'Secret', naming),
            }),
        }),
      ),
    envFrom: sources =>
      items(sources, source =>
        changed(source, {
          configMapRef: ref => reference(ref, 'ConfigMap', naming),
          secretRef: ref => reference(ref, 'Secret', naming),
        }),
      ),
  });
}

function volumeRenamed(volume: Json, naming: Naming): Json {
  return changed(volume, {
    configMap: ref => reference(ref, 'ConfigMap', naming),
    secret: ref => reference(ref, 'Secret', naming, 'secretName'),
    projected: projected =>
      changed(asRecord(projected) ?? {}, {
        sources: sources =>
          items(sources, source =>
            changed(source, {
              configMap: ref => reference(ref, 'ConfigMap', naming),
              secret: ref => reference(ref, 'Secret', naming),
            }),
          ),
      }),
    csi: csi =>
      valueAt(csi, 'driver') === secretsStore
        ? changed(asRecord(csi) ?? {}, {
            volumeAttributes: ref => reference(ref, 'SecretProviderClass', naming, 'secretProviderClass'),
          })
        : csi,
  });
}

function reference(value: unknown, kind: ConfigKind, naming: Naming, field = 'name'): unknown {
  const ref = asRecord(value);
  const name = ref?.[field];
  if (ref === undefined || typeof name !== 'string') return value;
  return { ...ref, [field]: naming({ kind, name, optional: ref.optional === true }) };
}

/** A copy with these fields changed where it has them. */
function changed(record: Json, changes: Readonly<Record<string, (value: unknown) => unknown>>): Json {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => {
      const change = Object.hasOwn(changes, field) ? changes[field] : undefined;
      return [field, value === undefined || value === null || change === undefined ? value : change(value)];
    }),
  );
}

function items(list: unknown, change: (item: Json) => Json): unknown {
  if (!Array.isArray(list)) return list;
  return list.map(item => {
    const record = asRecord(item);
    return record === undefined ? item : change(record);
  });
}
