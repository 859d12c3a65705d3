import {
  type Holding,
  newLease,
  renewedLease,
  takenLease,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease.ts';
import { recordWords } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-words.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { record } from '../../unit/cluster/records.ts';
import { leaseRef, namespace } from './fixtures.ts';
import { type Script, set } from './script.ts';

const holding = (holder: string, now = 0): Holding => ({
  holder,
  duration: Duration.seconds(30),
  release: 'web',
  words: recordWords(record(holder)),
  now,
});

/** The lock: compare-and-swap on a Lease. */
export const leaseScripts: readonly Script[] = [
  {
    name: 'a Lease is taken, renewed, taken over and given back',
    run: async ({ api, attempt }) => {
      const place = { namespace, name: 'web-canary' };
      const ref = leaseRef(place.name);
      await api.get(ref);
      const first = await api.create(newLease(place, holding('a')));
      await attempt(api.create(newLease(place, holding('b'))));
      const renewed = await api.replace(renewedLease(first, holding('a', 1_000)));
      await attempt(api.replace(renewedLease(first, holding('b', 2_000))));
      const taken = await api.replace(takenLease(renewed, holding('b', 2_000)));
      await api.list({
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        namespace,
        fieldSelector: `metadata.name=${place.name}`,
      });
      await api.replace(taken);
      const { uid, resourceVersion } = taken.metadata;
      const options = { apiVersion: 'v1', kind: 'DeleteOptions' };
      const stale = { uid, resourceVersion: first.metadata.resourceVersion };
      await attempt(api.remove(ref, { ...options, preconditions: stale }));
      await attempt(api.remove(ref, { ...options, preconditions: { uid: 'other', resourceVersion } }));
      await api.remove(ref, { ...options, preconditions: { uid, resourceVersion } });
      await api.remove(ref, { ...options, preconditions: { uid, resourceVersion } });
      await attempt(api.replace(renewedLease(taken, holding('b', 3_000))));
      const again = await api.create(newLease(place, holding('c', 4_000)));
      await attempt(api.replace(renewedLease(taken, holding('b', 5_000))));
      await attempt(api.replace({ ...again, metadata: { ...again.metadata, uid: 'other' } }));
      await api.remove(ref, options);
    },
  },
  {
    name: 'a Lease that can not be',
    run: async ({ api, cluster, attempt }) => {
      const lease = newLease({ namespace, name: 'odd' }, holding('a'));
      const odd = (spec: object) => ({ ...lease, spec: { ...(lease.spec as object), ...spec } });
      await attempt(api.create(odd({ renewTime: '2026-01-01T00:00:00Z' })));
      await attempt(api.create(odd({ leaseDurationSeconds: 0 })));
      await attempt(api.create(odd({ leaseDurationSeconds: 'long' })));
      await attempt(api.create({ ...lease, metadata: { ...lease.metadata, name: 'Not A Name' } }));
      await attempt(api.create({ ...lease, metadata: { ...lease.metadata, namespace: 'none' } }));
      await api.create(lease);
      await attempt(cluster.patch(leaseRef('odd'), [set('/spec/renewTime', '2026-01-01T00:00:00Z')]));
      await attempt(cluster.patch(leaseRef('odd'), [set('/spec/holderIdentity', '')]));
      await cluster.delete(leaseRef('odd'));
    },
  },
];
