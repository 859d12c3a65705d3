import { asRecord, asStringMap, type KubeObject } from '../release/kube-object.ts';
import { configAnnotation } from '../release/route-text.ts';
import type { AnnotationPlace } from './mapping-object.ts';
import { readYaml } from './read-yaml.ts';

/** An object out of an annotation: not to be found in the cluster under its own name. */
export interface AnnotatedObject extends KubeObject {
  readonly annotatedOn: AnnotationPlace;
}

export interface AnnotationReading {
  /** Mappings and TCPMappings that Emissary reads in it, in their order. */
  readonly objects: readonly AnnotatedObject[];
  /** Mappings that Emissary takes no notice of, and why: `Mapping web: its apiVersion is ambassador/v0`. */
  readonly ignored: readonly string[];
  /** Why nothing of it could be read. */
  readonly unreadable?: string;
}

const versions = ['v1', 'v2', 'v3alpha1'].map(version => `getambassador.io/${version}`);

/**
 * What an annotation says, as Emissary reads it (`pkg/snapshot/v1/annotations.go`; facts/emissary.md 9): several documents, fields flat or
 * under `spec`, namespace and labels those of the Service or Ingress where it gives none, `ambassador/` an old word for
 * `getambassador.io/`. Other kinds than Mappings are left out, and so is all of an annotation that is no YAML.
 */
export function readAnnotation(parent: KubeObject): AnnotationReading {
  const text = parent.metadata.annotations?.[configAnnotation];
  if (text === undefined) return { objects: [], ignored: [] };
  const objects: AnnotatedObject[] = [];
  const ignored: string[] = [];
  let position = 0;
  for (const document of readYaml(text)) {
    if (document.kind === 'broken') {
      const reasons = document.problems.map(({ line, reason }) => `line ${line}: ${reason}`);
      return { objects: [], ignored: [], unreadable: reasons.join('; ') };
    }
    const fields = asRecord(document.value);
    if (fields === undefined) continue;
    const { metadata, spec } = unfolded(fields);
    const { kind, apiVersion } = fields;
    if (typeof kind !== 'string' || typeof metadata.name !== 'string' || metadata.name === '') continue;
    position += 1;
    if (kind !== 'Mapping' && kind !== 'TCPMapping') continue;
    const version = String(apiVersion ?? '').replace(/^ambassador\//, 'getambassador.io/');
    if (!versions.includes(version)) {
      ignored.push(`${kind} ${metadata.name}: its apiVersion is ${apiVersion ?? 'missing'}`);
      continue;
    }
    objects.push(
      placed({ apiVersion: version, kind, name: metadata.name, metadata, spec }, parent, position),
    );
  }
  return { objects, ignored };
}

/** Fields that are neither metadata nor spec stand for their place in one of the two, and win there. */
function unfolded(fields: Readonly<Record<string, unknown>>) {
  const metadata: Record<string, unknown> = { ...asRecord(fields.metadata) };
  const spec: Record<string, unknown> = { ...asRecord(fields.spec) };
  for (const [field, value] of Object.entries(fields)) {
    if (['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(field)) continue;
    if (field === 'name' || field === 'namespace' || field === 'generation') metadata[field] = value;
    else if (field === 'metadata_labels') metadata.labels = value;
    else spec[field] = value;
  }
  return { metadata, spec };
}

function placed(
  {
    apiVersion,
    kind,
    name,
    metadata,
    spec,
  }: { apiVersion: string; kind: string; name: string } & ReturnType<typeof unfolded>,
  parent: KubeObject,
  position: number,
): AnnotatedObject {
  const home = parent.metadata.namespace ?? 'default';
  const namespace =
    typeof metadata.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : home;
  const labels = metadata.labels == null ? parent.metadata.labels : asStringMap(metadata.labels);
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec,
    annotatedOn: {
      apiVersion: parent.apiVersion,
      kind: parent.kind,
      name: parent.metadata.name,
      namespace: home,
      position,
    },
  };
}
