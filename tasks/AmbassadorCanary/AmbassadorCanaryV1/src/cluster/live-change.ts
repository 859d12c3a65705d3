import { essence } from '../manifests/essence.ts';
import type { Change } from '../manifests/surveyed.ts';
import { asRecord, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';
import type { Cluster } from '../release/ports.ts';
import { isSameJson } from '../release/same-json.ts';

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
  const result = await cluster.apply(autoscaled ? withReplicasOf(live, manifest) : manifest, {
    dryRun: true,
  });
  if (live === undefined) return undefined;
  if (manifest.kind !== 'Deployment') {
    // In another version of its kind the same object reads otherwise.
    const asWritten = live.apiVersion === manifest.apiVersion ? live : await cluster.get(refOf(manifest));
    const besidesTemplate = asWritten === undefined || !isSameJson(essence(asWritten), essence(result));
    return { template: false, besidesTemplate, ...(asWritten && { before: asWritten }), after: result };
  }
  // Applying merges and so keeps what another manager owns; promotion replaces the template, so that is what is tried.
  const replaced = await cluster.patch(
    refOf(live),
    [{ op: 'replace', path: '/spec/template', value: valueAt(manifest, 'spec', 'template') }],
    { dryRun: true },
  );
  return {
    template: !isSameJson(templateOf(live), templateOf(replaced)),
    besidesTemplate: !isSameJson(withoutTemplate(essence(live)), withoutTemplate(essence(result))),
    before: live,
    after: { ...result, spec: { ...asRecord(result.spec), template: valueAt(replaced, 'spec', 'template') } },
  };
}

function withoutTemplate(object: Readonly<Record<string, unknown>>): unknown {
  const { template: _, ...spec } = asRecord(object.spec) ?? {};
  return { ...object, spec };
}

/** `kubectl rollout restart` leaves its time in the template: that is no other version. */
function templateOf(workload: KubeObject): unknown {
  const template = asRecord(valueAt(workload, 'spec', 'template')) ?? {};
  const metadata = asRecord(template.metadata) ?? {};
  const { 'kubectl.kubernetes.io/restartedAt': _, ...annotations } = asRecord(metadata.annotations) ?? {};
  const { annotations: __, creationTimestamp: ___, ...others } = metadata;
  return {
    ...template,
    metadata: { ...others, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
  };
}

function withReplicasOf(live: KubeObject | undefined, manifest: KubeObject): KubeObject {
  return { ...manifest, spec: { ...asRecord(manifest.spec), replicas: valueAt(live, 'spec', 'replicas') } };
}
