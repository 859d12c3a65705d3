import { CanaryError } from '../release/errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, valueAt } from '../release/kube-object.ts';
import { fieldManager } from '../release/plan.ts';
import type { PatchOperation, WriteOptions } from '../release/ports.ts';
import { failedTest, isDone, isRepeatable } from './json-patch.ts';
import type { KubeApi, Reply } from './kube-api.ts';

/**
 * JSON Patch under our field manager. The API server tells neither a failed `test` from another misfit (both are a bare
 * 422), nor that a refused second try was only too late because the first had got through: reading the object does.
 */
export async function patchObject(
  api: KubeApi,
  ref: ObjectRef,
  operations: readonly PatchOperation[],
  options: WriteOptions = {},
): Promise<KubeObject> {
  const reply = await api.ask('patch', ref, {
    contentType: 'application/json-patch+json',
    query: { fieldManager, ...(options.dryRun && { dryRun: 'All' }) },
    body: operations,
    once: !options.dryRun && !isRepeatable(operations),
    ...(options.urgent && { urgent: true }),
  });
  const misfit = isMisfit(reply);
  if (!misfit && !(reply.status === 409 && reply.repeated)) return api.objectOf(ref, reply);
  const stored = await api.get(ref);
  if (reply.repeated && stored !== undefined && isDone(stored, operations)) return stored;
  const failed = failedTest(stored, operations);
  if (misfit && failed !== undefined) throw changedMeanwhile(ref, failed);
  return api.objectOf(ref, reply);
}

/** 422 without a name and without causes: the patch could not be put on the object. */
function isMisfit({ status, body }: Reply): boolean {
  const details = asRecord(valueAt(body, 'details'));
  return status === 422 && details?.name === undefined && details?.causes === undefined;
}

function changedMeanwhile(ref: ObjectRef, path: string): CanaryError {
  return new CanaryError(
    'CLUSTER_CONFLICT',
    `Could not patch ${nameOf(ref)}: it has been changed meanwhile`,
    {
      found: `another ${path.slice(path.lastIndexOf('/') + 1).replaceAll('~1', '/')} than expected`,
      hint: 'Find out who else changes it, and run the release again',
    },
  );
}
