import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { releaseLabel, runAnnotation } from '../release/plan.ts';

/** A part of a twin that tells whose it is. */
export interface Field {
  readonly name: string;
  readonly of: (twin: KubeObject) => unknown;
}

/** What routes by it. */
export const routing: readonly Field[] = ['weight', 'service'].map(name => ({
  name,
  of: twin => valueAt(twin, 'spec', name),
}));
export const owner: Field = { name: 'run', of: twin => twin.metadata.annotations?.[runAnnotation] };
export const label: Field = { name: 'release', of: twin => twin.metadata.labels?.[releaseLabel] };

/** Throws `CLUSTER_CONFLICT` where a twin is gone, or says something else in one of these fields than we know. */
export function mustStillSay(known: KubeObject, live: KubeObject | undefined, among: readonly Field[]): void {
  for (const { name, of } of among) {
    const [ours, theirs] = [of(known), live === undefined ? undefined : of(live)];
    if (live !== undefined && ours === theirs) continue;
    throw new CanaryError('CLUSTER_CONFLICT', `Somebody else changed ${nameOf(refOf(known))}`, {
      expected: `${name} ${String(ours)}`,
      found: live === undefined ? 'no such Mapping' : `${name} ${String(theirs)}`,
      hint: 'Leave the canary Mapping to the release that made it',
    });
  }
}
