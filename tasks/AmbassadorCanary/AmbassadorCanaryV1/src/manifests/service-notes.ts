import {
  identityOf,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { podLabels } from './canary-labels.ts';
import { serviceSelects } from './selector.ts';
import type { Surveyed } from './surveyed.ts';

/** Why requests to a Service go another way than evenly over its pods, so that nobody takes a share of the pods for one of the requests. */
export function serviceNotes(service: KubeObject, stable: KubeObject, surveyed: Surveyed): readonly string[] {
  const name = nameOf(refOf(service));
  const of = (field: string) => valueAt(service, 'spec', field);
  const notes: string[] = [];
  if (of('sessionAffinity') === 'ClientIP') {
    notes.push(
      `${name} has session affinity: who has been to stable stays there, so the share of requests is not exact`,
    );
  }
  if (of('clusterIP') === 'None') {
    notes.push(
      `${name} is headless: its clients choose among the pods, so the share of requests is theirs to make`,
    );
  }
  if (of('publishNotReadyAddresses') === true) {
    notes.push(`${name} has publishNotReadyAddresses: canary pods get requests before they are ready`);
  }
  const nearby = [
    ...(of('internalTrafficPolicy') === 'Local' ? ['internalTrafficPolicy: Local'] : []),
    ...(of('externalTrafficPolicy') === 'Local' ? ['externalTrafficPolicy: Local'] : []),
    ...(of('trafficDistribution') === undefined
      ? []
      : [`trafficDistribution: ${String(of('trafficDistribution'))}`]),
  ];
  if (nearby.length > 0) {
    notes.push(
      `${name} prefers pods that are near (${nearby.join(', ')}): the share of requests depends on where the canary's run`,
    );
  }
  const others = othersBehind(service, stable, surveyed);
  if (others.length > 0) {
    notes.push(
      `${name} also selects pods of ${others.map(nameOf).join(', ')}: the canary's share is counted among those of ${stable.metadata.name} alone`,
    );
  }
  return notes;
}

function othersBehind(service: KubeObject, stable: KubeObject, { live }: Surveyed): readonly ObjectRef[] {
  return [...live.values()]
    .filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === service.metadata.namespace,
    )
    .filter(({ metadata }) => metadata.labels?.[releaseLabel] === undefined)
    .filter(other => identityOf(refOf(other)) !== identityOf(refOf(stable)))
    .filter(other => serviceSelects(service, podLabels(other)))
    .map(refOf);
}
