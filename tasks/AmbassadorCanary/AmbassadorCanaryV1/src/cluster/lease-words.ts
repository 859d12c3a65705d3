import type { KubeObject } from '../release/kube-object.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { pointerTo } from './read-pointer.ts';
import { packed } from './record-text.ts';

/** The annotation of the one Lease of a release that carries its record. */
export const recordAnnotation = 'ambassador-canary/record';

/** The annotation of its other Leases, which say where the record is. */
export const pointerAnnotation = 'ambassador-canary/record-at';

/** What a Lease says of its release, by the annotation that says it. Empty where it says nothing. */
export type LeaseWords = Readonly<
  Partial<Record<typeof recordAnnotation | typeof pointerAnnotation, string>>
>;

/** What a Lease says, readable or not. */
export function wordsOf({ metadata: { annotations = {} } }: KubeObject): LeaseWords {
  const { [recordAnnotation]: record, [pointerAnnotation]: pointer } = annotations;
  return {
    ...(record !== undefined && { [recordAnnotation]: record }),
    ...(pointer !== undefined && { [pointerAnnotation]: pointer }),
  };
}

/** Of the Lease that carries the record. */
export function recordWords(record: ReleaseRecord): LeaseWords {
  return { [recordAnnotation]: packed(JSON.stringify(record)) };
}

/** Of a Lease of the same release that does not. */
export function pointerWords(carrier: LeaseName, record: ReleaseRecord): LeaseWords {
  return { [pointerAnnotation]: JSON.stringify(pointerTo(carrier, record)) };
}

/** Leases with the same key are the same. */
export function placeKey({ namespace, name }: LeaseName): string {
  return `${namespace}/${name}`;
}
