import { withConfigNames } from '../release/config-refs.ts';
import type { CanaryError } from '../release/errors.ts';
import {
  asRecord,
  asStringMap,
  identityOf,
  type KubeObject,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { type ConfigChange, configurationAnnotation } from '../release/plan.ts';
import { isSameJson } from '../release/same-json.ts';
import {
  type ChangedConfig,
  configChange,
  digestOfAll,
  isConfiguration,
  podSpecOf,
  readBy,
} from './config-twins.ts';
import { foreignObjects } from './foreign-objects.ts';
import { canaryName } from './names.ts';
import { missingError } from './needs.ts';
import { budgetTwins, type CanaryPods, coversStable, policyNotes, policyTwins } from './policy-twins.ts';
import type { Surveyed } from './surveyed.ts';

/** What a release does around its workloads, and all that speaks against it. */
export interface PlannedSurroundings {
  readonly surroundings: readonly KubeObject[];
  readonly configuration: readonly ConfigChange[];
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}

export interface AroundCanaries {
  /** The pods on trial, one entry a workload. */
  readonly pods: readonly CanaryPods[];
  /** The manifests whose pods read the copies of what changes. */
  readonly readers: readonly KubeObject[];
  readonly config: readonly ChangedConfig[];
  readonly release: string;
}

/** Copies of changed configuration and of policies for the canary, and the order in which promotion changes the originals. */
export function planSurroundings(
  objects: readonly KubeObject[],
  surveyed: Surveyed,
  { pods, readers, config, release }: AroundCanaries,
): PlannedSurroundings {
  const read = new Set(readers.flatMap(workload => readBy(workload, config)));
  const surroundings = distinct([
    ...[...read].map(({ twin }) => twin),
    ...pods.flatMap(one => [
      ...policyTwins(one, surveyed.around, objects, release),
      ...budgetTwins(one, surveyed.around, release),
    ]),
  ]);
  const asked = new Set(
    config.map(({ namespace, renames: [{ kind, from }] }) => `${namespace}/${kind}/${from}`),
  );
  const configuration = objects
    .filter(object => {
      const { namespace, name } = object.metadata;
      const change = surveyed.changes.get(identityOf(refOf(object)));
      if (isConfiguration(object)) {
        return change?.besidesTemplate === true || asked.has(`${namespace}/${object.kind}/${name}`);
      }
      return change?.besidesTemplate === true && pods.some(one => coversStable(object, one));
    })
    .map(object => configChange(object, surveyed));
  const kept = configuration.flatMap(({ object, before }) =>
    before === undefined ? [] : [{ ...object, metadata: { ...object.metadata, ...before } }],
  );
  return {
    surroundings,
    configuration,
    notes: [
      ...surveyed.around.notes,
      ...pods.flatMap(one => policyNotes(one, surveyed.around)),
      ...config
        .filter(one => !read.has(one))
        .map(
          ({ namespace, renames: [{ kind, from }] }) =>
            `${kind} ${namespace}/${from} changes at promotion: no pod on trial refers to it`,
        ),
    ],
    errors: [
      ...foreignObjects([...surroundings, ...kept], surveyed),
      ...surveyed.around.missing.map(missingError),
    ],
  };
}

/**
 * The manifest of a workload with the digest of the changed configuration that its pods read, else with the digest that
 * the live one has: changed configuration means new pods, and unchanged does not.
 */
export function withConfigDigest(
  workload: KubeObject,
  live: KubeObject | undefined,
  config: readonly ChangedConfig[],
): KubeObject {
  const known = asStringMap(valueAt(live, 'spec', 'template', 'metadata', 'annotations'))[
    configurationAnnotation
  ];
  const digest = digestOfAll(readBy(workload, config)) ?? known;
  if (digest === undefined) return workload;
  const spec = asRecord(workload.spec) ?? {};
  const template = asRecord(spec.template) ?? {};
  const metadata = asRecord(template.metadata) ?? {};
  const annotations = { ...asRecord(metadata.annotations), [configurationAnnotation]: digest };
  return {
    ...workload,
    spec: { ...spec, template: { ...template, metadata: { ...metadata, annotations } } },
  };
}

/** The workload with pods that read the copies of what changes. */
export function onTwins(workload: KubeObject, config: readonly ChangedConfig[]): KubeObject {
  const renames = readBy(workload, config).flatMap(({ renames }) => renames);
  if (renames.length === 0) return workload;
  const spec = asRecord(workload.spec) ?? {};
  const template = { ...asRecord(spec.template), spec: withConfigNames(podSpecOf(workload), renames) };
  return { ...workload, spec: { ...spec, template } };
}

/** What two workloads ask for in the same words is made once; in other words it needs another name. */
function distinct(objects: readonly KubeObject[]): readonly KubeObject[] {
  const kept = new Map<string, KubeObject>();
  for (const object of objects) {
    let candidate = object;
    for (let count = 2; ; count++) {
      const other = kept.get(identityOf(refOf(candidate)));
      if (other === undefined || isSameJson(other.spec, candidate.spec)) break;
      const name = canaryName(`${object.metadata.name}-${count}`);
      candidate = { ...object, metadata: { ...object.metadata, name } };
    }
    kept.set(identityOf(refOf(candidate)), candidate);
  }
  return [...kept.values()];
}
