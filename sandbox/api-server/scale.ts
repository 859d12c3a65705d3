import { at, isObject, type KubeObject } from '../objects.ts';

/** The `scale` subresource of a Deployment or ReplicaSet. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = at(object, 'spec', 'selector', 'matchLabels');
  const replicas = at(object, 'spec', 'replicas');
  const selector = Object.entries(isObject(labels) ? labels : {}).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    // Go leaves a zero out here.
    spec: { ...(replicas !== 0 && { replicas }) },
    status: { replicas: at(object, 'status', 'replicas') ?? 0, selector: selector.join(',') },
  };
}

/** The object with what a changed scale says. */
export function withScale(object: KubeObject, scale: KubeObject): KubeObject {
  const spec = isObject(object.spec) ? object.spec : {};
  const { resourceVersion } = scale.metadata;
  return {
    ...object,
    metadata: { ...object.metadata, ...(resourceVersion && { resourceVersion }) },
    spec: { ...spec, replicas: at(scale, 'spec', 'replicas') ?? 0 },
  };
}
