import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyJsonPatch } from '../../../sandbox/api-server/json-patch.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { undoing } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/undo.ts';

const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }));
const marks = fc.option(fc.dictionary(fc.constantFrom('x', 'example.com/y'), fc.string()), {
  nil: undefined,
});

/** One Deployment, at two times. */
const objects = fc
  .record({ labels: marks, annotations: marks, spec: fields, rest: fields, revision: fc.nat(3) })
  .map(({ labels, annotations, spec, rest, revision }): KubeObject => {
    const counted = { ...annotations, 'deployment.kubernetes.io/revision': String(revision) };
    const all = revision === 0 ? annotations : counted;
    return JSON.parse(
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', labels, annotations: all, generation: revision },
        spec,
        status: { revision },
        ...rest,
      }),
    );
  });

function withoutBookkeeping({ status: _, metadata, ...object }: KubeObject): unknown {
  const { 'deployment.kubernetes.io/revision': __, ...annotations } = metadata.annotations ?? {};
  return { ...object, labels: metadata.labels, annotations };
}

describe('undoing what was done to an object', () => {
  it('makes it what it was, and leaves its status, its generation and the count of its revisions', () => {
    fc.assert(
      fc.property(objects, objects, (before, now) => {
        const undone = applyJsonPatch(now, undoing(before, now)) as KubeObject;
        assert.deepEqual(withoutBookkeeping(undone), withoutBookkeeping(before));
        const revision = 'deployment.kubernetes.io/revision';
        assert.deepEqual(
          [undone.status, undone.metadata.generation, undone.metadata.annotations?.[revision]],
          [now.status, now.metadata.generation, now.metadata.annotations?.[revision]],
        );
      }),
      { seed: 3 },
    );
  });

  it('is nothing where nothing was done', () => {
    fc.assert(
      fc.property(objects, object => assert.deepEqual(undoing(object, structuredClone(object)), [])),
      { seed: 3 },
    );
  });
});
