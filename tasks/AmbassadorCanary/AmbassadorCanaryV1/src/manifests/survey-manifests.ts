import { identityOf, type KubeObject, refOf } from '../release/kube-object.ts';
import { configAnnotation } from '../release/route-text.ts';
import { autoscaledAmong } from './autoscaled.ts';
import { isConfiguration } from './config-twins.ts';
import { readAnnotation } from './mapping-annotation.ts';
import { uncanariedKinds } from './plan-others.ts';
import { unknownRouting } from './routing.ts';
import { type Change, nothingAround, type Surveyed } from './surveyed.ts';

/**
 * What a plan needs to know of the cluster, guessed from the manifests where there is no connection: all of it runs as they
 * say, and all of it changes. Only what would be refused for changing counts as unchanged, because it mostly is.
 */
export function surveyManifests(objects: readonly KubeObject[]): Surveyed {
  const isOf = (object: KubeObject, group: string, kind: string) =>
    object.kind === kind && identityOf(refOf(object)).startsWith(`${group}|`);
  const deployments = objects.filter(object => isOf(object, 'apps', 'Deployment'));
  const autoscalers = objects.filter(object => isOf(object, 'autoscaling', 'HorizontalPodAutoscaler'));
  return {
    live: new Map(objects.map(object => [identityOf(refOf(object)), object])),
    services: objects.filter(object => isOf(object, '', 'Service')),
    mappings: objects.filter(
      object =>
        isOf(object, 'getambassador.io', 'Mapping') ||
        isOf(object, 'x.getambassador.io', 'AmbassadorMapping'),
    ),
    routing: {
      ...unknownRouting,
      annotations: objects
        .filter(({ metadata }) => metadata.annotations?.[configAnnotation] !== undefined)
        .map(parent => ({ parent, reading: readAnnotation(parent) })),
      tcpMappings: objects.filter(object => isOf(object, 'getambassador.io', 'TCPMapping')),
    },
    changes: new Map(objects.map(object => [identityOf(refOf(object)), changeOf(object)])),
    autoscalers: [...autoscalers, ...objects.filter(object => isOf(object, 'keda.sh', 'ScaledObject'))],
    autoscaled: autoscaledAmong(deployments, autoscalers),
    around: {
      ...nothingAround,
      policies: objects.filter(object => isOf(object, 'networking.k8s.io', 'NetworkPolicy')),
      budgets: objects.filter(object => isOf(object, 'policy', 'PodDisruptionBudget')),
    },
  };
}

function changeOf(object: KubeObject): Change {
  return {
    template: object.kind === 'Deployment',
    besidesTemplate: !uncanariedKinds.includes(object.kind),
    ...(isConfiguration(object) && { content: { object, stale: [] } }),
  };
}
