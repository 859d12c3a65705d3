import {
  asRecord,
  asRecords,
  identityOf,
  type KubeObject,
  type ObjectRef,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { fieldManager } from '../release/plan.ts';

/**
 * Deployments whose replicas an autoscaler owns (KEDA makes one as well), or somebody who scales and leaves the pods alone, such as a
 * person by hand: they are not the manifest's to set.
 */
export function autoscaledAmong(
  deployments: readonly KubeObject[],
  autoscalers: readonly KubeObject[],
): ReadonlySet<string> {
  const isScaled = (deployment: KubeObject) => {
    const { managedFields } = deployment.metadata;
    return (
      autoscalers.some(autoscaler => scales(autoscaler, deployment)) ||
      asRecords(managedFields).some(entry => entry.subresource === 'scale' || onlyScales(entry))
    );
  };
  return new Set(deployments.filter(isScaled).map(deployment => identityOf(refOf(deployment))));
}

/** Whether an HPA or a ScaledObject sets the replicas of this Deployment. KEDA takes a target without a kind for one. */
export function scales(autoscaler: KubeObject, { metadata }: KubeObject): boolean {
  const { kind = 'Deployment', name } = asRecord(valueAt(autoscaler, 'spec', 'scaleTargetRef')) ?? {};
  return (
    kind === 'Deployment' && name === metadata.name && autoscaler.metadata.namespace === metadata.namespace
  );
}

/** KEDA's object behind an HPA: it owns the HPA, and writes it anew when that is changed. */
export function scaledObjectOf({ metadata }: KubeObject): ObjectRef | undefined {
  const owner = asRecords(metadata.ownerReferences).find(({ kind }) => kind === 'ScaledObject');
  const { apiVersion, name } = owner ?? {};
  if (typeof apiVersion !== 'string' || typeof name !== 'string') return undefined;
  const { namespace } = metadata;
  return { apiVersion, kind: 'ScaledObject', name, ...(namespace !== undefined && { namespace }) };
}

/** A deployer owns the replicas of its manifest together with the pod template; who owns only those scales. */
function onlyScales({ manager, fieldsV1 }: Readonly<Record<string, unknown>>): boolean {
  const owned = valueAt(fieldsV1, 'f:spec');
  return (
    manager !== fieldManager &&
    valueAt(owned, 'f:replicas') !== undefined &&
    valueAt(owned, 'f:template') === undefined
  );
}
