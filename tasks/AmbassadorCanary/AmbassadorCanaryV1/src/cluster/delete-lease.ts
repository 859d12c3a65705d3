import type { KubeObject } from '../release/kube-object.ts';
import type { LeaseName } from '../release/record.ts';
import { unlessConflict } from './conflict.ts';
import type { KubeApi } from './kube-api.ts';
import { leaseRef, readLease } from './lease.ts';

/** Deletes a Lease of this holder, as it was last seen: only what is still as we left it, for else it may be another's by now. */
export async function deleteLease(
  api: KubeApi,
  holder: string,
  { place, lease }: { readonly place: LeaseName; readonly lease: KubeObject },
): Promise<void> {
  let mine: KubeObject | undefined = lease;
  for (let tries = 0; mine !== undefined && tries < 3; tries++) {
    const { uid, resourceVersion } = mine.metadata;
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    const done = await unlessConflict(async () => {
      await api.remove(leaseRef(place), options);
      return true;
    });
    if (done) return;
    const found: KubeObject | undefined = await api.get(leaseRef(place));
    mine = found !== undefined && readLease(found).holder === holder ? found : undefined;
  }
}
