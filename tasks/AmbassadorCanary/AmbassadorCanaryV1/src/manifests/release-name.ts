import { CanaryError } from '../release/errors.ts';
import type { KubeObject } from '../release/kube-object.ts';
import type { LeaseName } from '../release/record.ts';
import { canaryLabelValue, canaryName } from './names.ts';

/** The value of our label on everything that a release of these manifests makes. */
export function releaseOf(objects: readonly KubeObject[]): string {
  const first = sortedDeployments(objects)[0]?.metadata.name ?? '';
  return first.length <= 63 ? first : canaryLabelValue(first);
}

/** The Leases that a release of these manifests has to hold: one for each workload, in an order that is always the same. */
export function locksOf(objects: readonly KubeObject[]): readonly LeaseName[] {
  return sortedLocks(
    sortedDeployments(objects).map(({ metadata: { name, namespace = 'default' } }) => ({
      namespace,
      name: canaryName(name),
    })),
  );
}

/** Each once, in the one order in which everybody takes them: else two releases could each hold what the other waits for. */
export function sortedLocks(locks: readonly LeaseName[]): readonly LeaseName[] {
  const places = new Map(locks.map(lock => [`${lock.namespace}/${lock.name}`, lock]));
  return [...places].sort(([one], [other]) => compare(one, other)).map(([, lock]) => lock);
}

/** The Deployments in an order that is always the same. */
export function sortedDeployments(objects: readonly KubeObject[]): readonly KubeObject[] {
  const place = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  return objects.filter(isDeployment).sort((a, b) => compare(place(a), place(b)));
}

/** Whether this is what a release puts on trial. */
export function isDeployment(object: KubeObject): boolean {
  return object.kind === 'Deployment' && object.apiVersion === 'apps/v1';
}

/** Why manifests without a Deployment are no release. */
export function noWorkload(objects: readonly KubeObject[]): CanaryError {
  return new CanaryError('NO_WORKLOAD', 'The manifests hold no Deployment', {
    expected: 'at least one `kind: Deployment` of apps/v1',
    found: objects.map(object => object.kind).join(', ') || 'nothing',
    hint: 'Check the input `manifests`: it takes files, folders and globs, one a line',
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
