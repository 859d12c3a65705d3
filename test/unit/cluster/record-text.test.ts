import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  mustFitLease,
  packed,
  unpacked,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/record-text.ts';
import {
  longestEvidence,
  type ReleaseRecord,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { failure } from './client.ts';
import { record } from './records.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const namespace = 'the-namespace-of-a-large-team';

/** Of workloads with names of 60 characters that have little in common, each with all that a canary may consist of. */
function recordOf(workloads: number): ReleaseRecord {
  const names = Array.from({ length: workloads }, (_, index) => digestOf(String(index)).slice(0, 60));
  const refs = (apiVersion: string, kind: string, suffix = '') =>
    names.map(name => ({ apiVersion, kind, name: name + suffix, namespace }));
  const stables = refs('apps/v1', 'Deployment');
  const mappings = refs('getambassador.io/v3alpha1', 'Mapping');
  return record('7', {
    digest: digestOf('what'),
    trial: digestOf('how'),
    routes: mappings.map(stable => ({ stable, twin: { ...stable, name: `${stable.name}-canary` } })),
    canary: [
      ...refs('v1', 'Service', '-canary'),
      ...refs('apps/v1', 'Deployment', '-canary'),
      ...refs('v1', 'ConfigMap', '-canary'),
      ...refs('networking.k8s.io/v1', 'NetworkPolicy', '-canary'),
      ...refs('policy/v1', 'PodDisruptionBudget', '-canary'),
    ],
    workloads: stables,
    ran: stables.map(workload => ({ workload, digest: digestOf(workload.name) })),
    locks: names.map(name => ({ namespace, name: `${name}-canary` })),
  });
}

describe('the text of a record in a Lease', () => {
  it('is plain JSON for people as long as it is short', () => {
    const json = JSON.stringify(record('7'));
    assert.equal(packed(json), json);
    assert.equal(unpacked(json), json);
  });

  it('is packed above that, and read back as it was', () => {
    const json = JSON.stringify(recordOf(100));
    const text = packed(json);
    const [mark, rest = ''] = text.split(',');
    assert.equal(mark, 'gzip+base64');
    assert.equal(gunzipSync(Buffer.from(rest, 'base64')).toString(), json);
    assert.equal(unpacked(text), json);
  });

  it('of 300 workloads with long names leaves room for what their checks learn, and is written in milliseconds', () => {
    const whole = recordOf(300);
    assert.ok(JSON.stringify(whole).length > 262_144, 'unpacked no Lease could hold it');
    mustFitLease(whole);
    const noise = Array.from({ length: 400 }, (_, index) => digestOf(String(index))).join('');
    const text = packed(JSON.stringify({ ...whole, evidence: noise.slice(0, longestEvidence) }));
    assert.ok(text.length < 200_000, String(text.length));
  });

  it('ends a release before it begins where it would be too long', async () => {
    const text = await failure((async () => mustFitLease(recordOf(900)))(), 'RELEASE_TOO_LARGE');
    assert.match(text, /at most 200000 characters.* 256 KiB.*, found \d+ characters for 900 workloads/);
  });

  it('is not read where it is cut, or unfolds to more than any record is', () => {
    const text = packed(JSON.stringify(recordOf(100)));
    assert.equal(unpacked(text.slice(0, 200)), undefined);
    assert.equal(unpacked('gzip+base64,%%%'), undefined);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64');
    assert.equal(unpacked(`gzip+base64,${bomb}`), undefined);
  });
});
