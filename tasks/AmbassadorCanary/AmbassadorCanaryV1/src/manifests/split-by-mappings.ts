import { CanaryError } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { distinguishingKeys, podLabels } from './canary-labels.ts';
import { canaryService, canaryWorkload } from './canary-workload.ts';
import { findRoutes } from './find-routes.ts';
import { routeNotes } from './route-notes.ts';
import { selects, serviceSelects } from './selector.ts';
import type { SplitMethod } from './split-method.ts';

/**
 * Twins of Mappings lead to Services that only the canary's pods answer: every label by which stable's are known gets
 * another value (DESIGN, "What a release does" 4).
 */
export const splitByMappings: SplitMethod = {
  split({ manifest, live, reading, liveServices, picking, objects, surveyed, release }) {
    const keys = distinguishingKeys([live, manifest], liveServices);
    const canary = canaryWorkload(reading, keys, release);
    const services = picking.map(service =>
      canaryService(service, keys, release, surveyed.live.get(identityOf(refOf(service)))),
    );
    const { routing } = surveyed;
    const found = findRoutes(surveyed.mappings, picking, {
      workload: manifest.metadata.name,
      release,
      routing,
    });
    return {
      canary,
      services,
      routes: found.routes,
      keys,
      notes: [...found.notes, ...routeNotes(objects, picking, surveyed)],
      errors: [...found.errors, ...overlaps(canary, live, liveServices)],
    };
  },

  noRoute(changed) {
    const names = changed.map(workload => nameOf(refOf(workload))).join(', ');
    return new CanaryError('NO_ROUTE', `No live Mapping routes to what changed (${names})`, {
      expected: 'a Mapping whose `service` is a Service that selects the pods',
      hint: 'Create the Mapping first (a release of its own applies it), or check the namespace of both; without Ambassador, write `trafficSplitMethod: pod`',
    });
  },
};

/** A canary pod that a stable selector picks would get traffic past its weight. */
function overlaps(
  canary: KubeObject,
  stable: KubeObject,
  services: readonly KubeObject[],
): readonly CanaryError[] {
  const labels = podLabels(canary);
  const selectors = [
    ...(selects(valueAt(stable, 'spec', 'selector'), labels) ? [refOf(stable)] : []),
    ...services.filter(service => serviceSelects(service, labels)).map(refOf),
  ];
  return selectors.map(
    ref =>
      new CanaryError('LABELS_OVERLAP', `${nameOf(ref)} would also select the canary's pods`, {
        expected: 'a selector that names a label by its value',
        found: `one that picks ${JSON.stringify(labels)}`,
        hint: 'Give the Deployment a `matchLabels` entry of its own, such as `app`',
      }),
  );
}
