import { asRecord, asRecords, identityOf, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';
import { fieldManager } from '../release/plan.ts';

/**
 * Deployments whose replicas an autoscaler owns (KEDA makes one as well), or somebody who scales and leaves the pods alone, such as a
 * person by hand: they are not the manifest's to set.
 */
export function autoscaledAmong(
  deployments: readonly KubeObject[],
  autoscalers: readonly KubeObject[],
): ReadonlySet<string> {
  const targets = new Set(
    autoscalers.map(autoscaler => {
      const { kind, name } = asRecord(valueAt(autoscaler, 'spec', 'scaleTargetRef')) ?? {};
      return `${autoscaler.metadata.namespace}|${String(kind)}|${String(name)}`;
    }),
  );
  const isScaled = (deployment: KubeObject) => {
    const { namespace, name, managedFields } = deployment.metadata;
    return (
      targets.has(`${namespace}|Deployment|${name}`) ||
      asRecords(managedFields).some(entry => entry.subresource === 'scale' || onlyScales(entry))
    );
  };
  return new Set(deployments.filter(isScaled).map(deployment => identityOf(refOf(deployment))));
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
