import fc from 'fast-check';
import {
  type Prepared,
  prepareRelease,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  asRecord,
  identityOf,
  type KubeObject,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { spec as anySpec } from '../release/doubles.ts';
import { type MappingVersion, namespace, type Repository, repositories } from './arbitraries.ts';
import { RegistryCluster } from './registry-cluster.ts';

/** A repository whose objects run as they are, and the next version of it. */
export interface Trial {
  readonly version: MappingVersion;
  readonly stable: Repository;
  /** What the pipeline releases. */
  readonly manifests: readonly KubeObject[];
}

export const spec: ReleaseSpec = {
  ...anySpec,
  steps: [10, 50].map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(1) })),
};

/** The same by the number of pods. */
export const specByPods: ReleaseSpec = { ...spec, trafficSplit: { method: 'pod', maxSurgePods: 'auto' } };

type Change = (object: KubeObject) => KubeObject | undefined;

const inPods =
  (change: (podSpec: Record<string, unknown>) => unknown): Change =>
  object => {
    if (object.kind !== 'Deployment') return object;
    const spec = asRecord(object.spec) ?? {};
    const template = asRecord(spec.template) ?? {};
    const podSpec = change({ ...asRecord(template.spec) });
    return { ...object, spec: { ...spec, template: { ...template, spec: podSpec } } };
  };

const containersOf = (podSpec: Record<string, unknown>) =>
  podSpec.containers as readonly Record<string, unknown>[];

const newImage = inPods(podSpec => ({
  ...podSpec,
  containers: containersOf(podSpec).map(({ env: _, ...container }) =>
    container.name === 'app' ? { ...container, image: 'registry.example.com:5000/app:2' } : container,
  ),
}));

/** What else a commit may change beside the image. */
const otherChanges: Readonly<Record<string, Change>> = {
  'a sidecar is gone': inPods(podSpec => ({ ...podSpec, containers: containersOf(podSpec).slice(0, 1) })),
  'replicas change': object =>
    object.kind === 'Deployment' ? { ...object, spec: { ...(object.spec as object), replicas: 3 } } : object,
  'labels change': object =>
    object.kind === 'Deployment' || object.kind === 'Service'
      ? { ...object, metadata: { ...object.metadata, labels: { commit: '12345e6' } } }
      : object,
  'settings change': object =>
    object.kind === 'ConfigMap' ? { ...object, data: { colour: 'green' } } : object,
  'keys change': object => (object.kind === 'Secret' ? { ...object, data: { other: 'c2hvcA==' } } : object),
  'what nobody here understands changes': object =>
    object.kind === 'Widget' ? { ...object, spec: { unset: null, depth: [[0], { on: 'no' }] } } : object,
  'a port is new': object => {
    const spec = asRecord(object.spec) ?? {};
    if (object.kind !== 'Service' || spec.type === 'ExternalName') return object;
    const ports = [...(valueAt(object, 'spec', 'ports') as unknown[]), { name: 'admin', port: 8080 }];
    return { ...object, spec: { ...spec, ports } };
  },
};

const addition: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'new-in-this-version', namespace },
  data: { on: 'yes' },
};

/** Releases of a new image of at least one app, with whatever else changes beside it. */
function trials(version: MappingVersion): fc.Arbitrary<Trial> {
  return repositories(version).chain(stable =>
    fc
      .record({
        released: fc.subarray([...stable.apps], { minLength: 1 }),
        besides: fc.subarray(Object.keys(otherChanges)),
        isMore: fc.boolean(),
      })
      .map(({ released, besides, isMore }) => {
        const changes = [newImage, ...besides.flatMap(name => otherChanges[name] ?? [])];
        const manifests = stable.apps.flatMap(app => {
          const own = [app.deployment, ...app.services, ...app.mappings, ...app.others];
          if (!released.includes(app)) return own;
          return own.flatMap(object =>
            changes.reduce<KubeObject[]>((all, change) => all.flatMap(one => change(one) ?? []), [object]),
          );
        });
        const others = [...stable.shared, ...(isMore ? [addition] : [])];
        return { version, stable, manifests: [...manifests, ...others] };
      }),
  );
}

export const trialsOfAnyVersion = fc.constantFrom<MappingVersion>('v1', 'v2', 'v3alpha1').chain(trials);

/** A cluster that runs the stable version, as kubectl left it. */
export function clusterOf({ stable, version }: Pick<Trial, 'stable' | 'version'>): RegistryCluster {
  const cluster = new RegistryCluster(namespace, version);
  for (const object of stable.objects) cluster.have(object);
  return cluster;
}

/** What the step does before its first write. */
export function prepare(
  manifests: readonly KubeObject[],
  cluster: RegistryCluster,
  by: ReleaseSpec = spec,
): Promise<Prepared> {
  const documents = manifests.map((object, line) => ({ object, source: { path: 'app.yaml', line } }));
  return prepareRelease(by, documents, cluster);
}

/** Everything in a cluster, without what tells only who wrote it and when. */
export function contents(cluster: RegistryCluster): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...cluster.objects.values()].map(object => {
      const { managedFields: _, resourceVersion: __, generation: ___, ...metadata } = object.metadata;
      return [identityOf(refOf(object)), { ...object, metadata }];
    }),
  );
}
