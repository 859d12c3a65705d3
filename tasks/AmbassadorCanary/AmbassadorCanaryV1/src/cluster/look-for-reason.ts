import { toCanaryErrors } from '../release/errors.ts';
import { type KubeObject, valueAt } from '../release/kube-object.ts';
import type { KubeApi } from './kube-api.ts';
import { notReadyReason } from './not-ready-reason.ts';
import { selectorQuery } from './selector.ts';

/**
 * Asks the cluster why a Deployment does not get ready: its pods, and their events only where the pods don't tell.
 * Never rejects: not being allowed to look is said instead.
 */
export async function lookForReason(
  api: KubeApi,
  deployment: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place =
    deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace };
  try {
    const labelSelector = selectorQuery(valueAt(deployment, 'spec', 'selector'));
    const pods = await api.list({ apiVersion: 'v1', kind: 'Pod', ...place, labelSelector }, signal);
    const plain = notReadyReason(deployment, pods.objects, []);
    if (plain !== undefined) return plain;
    const fieldSelector = 'involvedObject.kind=Pod,type=Warning';
    const events = await api.list({ apiVersion: 'v1', kind: 'Event', ...place, fieldSelector }, signal);
    return notReadyReason(deployment, pods.objects, events.objects);
  } catch (error) {
    return `the reason can't be looked up (${toCanaryErrors(error)[0]?.message})`;
  }
}
