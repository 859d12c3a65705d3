import { isConfiguration } from '../manifests/config-twins.ts';
import { essence } from '../manifests/essence.ts';
import type { Change } from '../manifests/surveyed.ts';
import { CanaryError } from '../release/errors.ts';
import { asRecord, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';
import { versionOf } from '../release/pod-template.ts';
import type { Cluster } from '../release/ports.ts';
import { isSameJson } from '../release/same-json.ts';
import { immutableError, newContent } from './config-change.ts';

/**
 * What the API server says would become of an object if promotion applied it, by dry runs that also find what it would
 * refuse. `undefined` for an object that does not exist yet.
 */
export async function changeOf(
  manifest: KubeObject,
  live: KubeObject | undefined,
  autoscaled: boolean,
  cluster: Cluster,
): Promise<Change | undefined> {
  if (live !== undefined && manifest.kind === 'Deployment') {
    return workloadChange(manifest, live, autoscaled, cluster);
  }
  const result = await tried(manifest, live, cluster);
  if (live === undefined) return undefined;
  // In another version of its kind the same object reads otherwise.
  const asWritten = live.apiVersion === manifest.apiVersion ? live : await cluster.get(refOf(manifest));
  const content =
    asWritten !== undefined && isConfiguration(manifest)
      ? newContent(manifest, asWritten, result)
      : undefined;
  return {
    template:
      valueAt(manifest, 'spec', 'template') !== undefined && !isSameJson(versionOf(live), versionOf(result)),
    besidesTemplate:
      asWritten === undefined || content !== undefined || !isSameJson(essence(asWritten), essence(result)),
    ...(asWritten && { before: asWritten }),
    after: content?.object ?? result,
    ...(content && { content }),
  };
}

/**
 * Applying merges and so keeps what another manager owns; promotion replaces the template, so that is what is tried. The rest
 * is tried with the live template: the new one, merged into it, may be something that the server rightly refuses.
 */
async function workloadChange(
  manifest: KubeObject,
  live: KubeObject,
  autoscaled: boolean,
  cluster: Cluster,
): Promise<Change> {
  const newTemplate = valueAt(manifest, 'spec', 'template');
  const template = valueAt(live, 'spec', 'template');
  const rest = { ...manifest, spec: { ...asRecord(manifest.spec), template } };
  const [replaced, result] = await Promise.all([
    cluster.patch(refOf(live), [{ op: 'replace', path: '/spec/template', value: newTemplate }], {
      dryRun: true,
    }),
    cluster.apply(autoscaled ? withLiveReplicas(live, rest) : rest, { dryRun: true }),
  ]);
  return {
    template: !isSameJson(versionOf(live), versionOf(replaced)),
    besidesTemplate: !isSameJson(withoutTemplate(essence(live)), withoutTemplate(essence(result))),
    before: live,
    after: { ...result, spec: { ...asRecord(result.spec), template: valueAt(replaced, 'spec', 'template') } },
  };
}

async function tried(
  manifest: KubeObject,
  live: KubeObject | undefined,
  cluster: Cluster,
): Promise<KubeObject> {
  try {
    return await cluster.apply(manifest, { dryRun: true });
  } catch (thrown) {
    const isRefusal = thrown instanceof CanaryError && thrown.code === 'CLUSTER_REFUSED';
    throw isRefusal && live?.immutable === true ? immutableError(manifest, thrown) : thrown;
  }
}

function withoutTemplate(object: Readonly<Record<string, unknown>>): unknown {
  const { template: _, ...spec } = asRecord(object.spec) ?? {};
  return { ...object, spec };
}

/** The manifest with the replicas that run, where they are not the manifest's to set. */
export function withLiveReplicas(live: KubeObject | undefined, manifest: KubeObject): KubeObject {
  return { ...manifest, spec: { ...asRecord(manifest.spec), replicas: valueAt(live, 'spec', 'replicas') } };
}
