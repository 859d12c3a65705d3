import { digestOf } from '../manifests/digest.ts';
import { asRecord, asRecords, type KubeObject, valueAt } from '../release/kube-object.ts';
import { versionOf } from '../release/pod-template.ts';
import { isSameJson } from '../release/same-json.ts';
import type { KubeApi } from './kube-api.ts';
import { selectorQuery } from './selector.ts';

/** By it the Deployment controller tells a ReplicaSet's pods from the others'. */
const hashLabel = 'pod-template-hash';

/** See `Cluster.formerTemplate`. Kubernetes keeps as many of them as `revisionHistoryLimit` says, each as a ReplicaSet. */
export async function formerTemplate(api: KubeApi, deployment: KubeObject, digest: string): Promise<unknown> {
  const { namespace, uid } = deployment.metadata;
  const { objects } = await api.list({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    ...(namespace !== undefined && { namespace }),
    labelSelector: selectorQuery(valueAt(deployment, 'spec', 'selector')),
  });
  const isOwned = ({ metadata }: KubeObject) =>
    uid !== undefined && asRecords(metadata.ownerReferences).some(owner => owner.uid === uid);
  const now = templateOf(deployment);
  return objects
    .filter(isOwned)
    .sort((one, other) => revisionOf(other) - revisionOf(one))
    .map(templateOf)
    .find(
      template =>
        !isSameJson(template, now) && digestOf(versionOf({ ...deployment, spec: { template } })) === digest,
    );
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision']) || 0;
}

function templateOf(owner: KubeObject): unknown {
  const template = asRecord(valueAt(owner, 'spec', 'template')) ?? {};
  const metadata = asRecord(template.metadata) ?? {};
  const { [hashLabel]: _, ...labels } = asRecord(metadata.labels) ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}
