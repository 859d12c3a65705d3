import { asRecord, identityOf, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';

/** Deployments whose replicas an autoscaler owns, or somebody who scaled by hand: they are not the manifest's to set. */
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
      (Array.isArray(managedFields) && managedFields.some(entry => asRecord(entry)?.subresource === 'scale'))
    );
  };
  return new Set(deployments.filter(isScaled).map(deployment => identityOf(refOf(deployment))));
}
