import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import type { SurgeLimit } from '../release/pod-share.ts';
import { podLabels } from './canary-labels.ts';
import { joiningWorkload } from './canary-workload.ts';
import { selects, serviceSelects } from './selector.ts';
import { serviceNotes } from './service-notes.ts';
import type { SplitMethod } from './split-method.ts';

/**
 * The canary's pods answer stable's own Services, so they keep all of its labels; one of ours is added, which only the canary's
 * workload selects. Stable's selector picks them as well, and that is harmless: Kubernetes goes by owners, and adopts only
 * pods that have none (pkg/controller/controller_ref_manager.go). PodDisruptionBudgets, NetworkPolicies and autoscalers of stable
 * take them for stable's, which is what they are for: so none of these gets a twin.
 */
export function splitByPods(maxSurgePods: SurgeLimit): SplitMethod {
  return {
    split({ live, reading, liveServices, surveyed, release }) {
      const canary = joiningWorkload(reading, release);
      const picks = (service: KubeObject, workload: KubeObject) =>
        valueAt(service, 'spec', 'type') !== 'ExternalName' && serviceSelects(service, podLabels(workload));
      // As they are: what the manifests make of them comes with promotion.
      const sending = liveServices.filter(service => picks(service, live));
      const shared = sending.filter(service => picks(service, canary));
      const others = liveServices.filter(service => !picks(service, live) && picks(service, canary));
      const [first, ...rest] = shared.map(refOf);
      return {
        canary,
        services: [],
        routes: [],
        ...(first !== undefined && { sharing: { services: [first, ...rest], maxSurgePods } }),
        keys: new Set(),
        notes: shared.flatMap(service => serviceNotes(service, live, surveyed)),
        errors: [
          ...sending.filter(service => !shared.includes(service)).map(service => notPicked(service, canary)),
          ...others.map(service => takesAll(service, canary)),
          ...(selects(valueAt(canary, 'spec', 'selector'), podLabels(live)) ? [overlap(live)] : []),
        ],
      };
    },

    noRoute(changed) {
      const names = changed.map(workload => nameOf(refOf(workload))).join(', ');
      return new CanaryError('NO_ROUTE', `No live Service selects the pods of what changed (${names})`, {
        expected: 'a Service in the same namespace whose `selector` picks the pods',
        hint: 'Create the Service first (a release of its own applies it), or check its `selector` against the labels of the pods',
      });
    },
  };
}

function notPicked(service: KubeObject, canary: KubeObject): CanaryError {
  return new CanaryError(
    'ROUTE_NOT_SPLITTABLE',
    `${nameOf(refOf(service))} does not select pods of the new version`,
    {
      expected: `pods with ${JSON.stringify(valueAt(service, 'spec', 'selector'))}`,
      found: `pods with ${JSON.stringify(podLabels(canary))}`,
      hint: "Keep the labels that the Service selects; with `trafficSplitMethod: pod` stable's pods and the canary's answer the same Service",
    },
  );
}

/** A Service of stable's namespace that stable does not answer: the canary would be all that it has. */
function takesAll(service: KubeObject, canary: KubeObject): CanaryError {
  return new CanaryError(
    'LABELS_OVERLAP',
    `${nameOf(refOf(service))} selects pods of the new version and none of stable: the canary would get all of its requests`,
    {
      expected: 'Services that select both, or neither',
      found: `pods with ${JSON.stringify(podLabels(canary))}`,
      hint: 'Release the new labels of the pods in a step of their own, or keep the old ones',
    },
  );
}

function overlap(live: KubeObject): CanaryError {
  return new CanaryError('LABELS_OVERLAP', `The pods of ${nameOf(refOf(live))} carry our own label`, {
    expected: `no label ${releaseLabel} on pods of stable`,
    found: JSON.stringify(podLabels(live)),
    hint: `Take the label ${releaseLabel} out of the pod template`,
  });
}
