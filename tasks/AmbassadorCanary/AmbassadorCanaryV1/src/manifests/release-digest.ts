import { asRecord, identityOf, type KubeObject, refOf } from '../release/kube-object.ts';
import type { ReleaseSpec } from '../release/spec.ts';
import { digestOf } from './digest.ts';

/**
 * What makes two releases the same: every object of the manifests, with its image and its namespace set. The same before, during
 * and after a release, because nothing of the cluster goes in. Values of Secrets stay out, for a digest in a Lease would let
 * those try values against it who may not read the Secret; their keys go in, and whoever goes on compares the objects.
 */
export function releaseDigest(objects: readonly KubeObject[]): string {
  const named = objects.map((object): [string, unknown] => [
    identityOf(refOf(object)),
    withoutValues(object),
  ]);
  return digestOf(Object.fromEntries(named));
}

/**
 * How a release is tested: the steps, the canary's size, and all that judges it. Going on at a step asks for the same: the steps
 * before it were passed under these rules. What is secret in a webhook is no part of it.
 */
export function trialDigest(spec: ReleaseSpec): string {
  const { trafficSplit, steps, canaryReplicas, checks, ownChecks, webhooks, metricLabels, interval } = spec;
  const { failureThreshold, minimumRequests, onInconclusive, extendFactor, consecutiveErrorLimit } = spec;
  const trial = {
    trafficSplit,
    steps,
    canaryReplicas,
    checks,
    ownChecks,
    webhooks,
    metricLabels,
    interval,
    failureThreshold,
    minimumRequests,
    onInconclusive,
    extendFactor,
    consecutiveErrorLimit,
    asksPrometheus: spec.prometheus !== undefined,
  };
  // The value objects as JSON, in which secrets are masked.
  return digestOf(JSON.parse(JSON.stringify(trial)));
}

function withoutValues(object: KubeObject): unknown {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object;
  const { data, stringData, metadata, ...rest } = object;
  const keys = [data, stringData].flatMap(values => Object.keys(asRecord(values) ?? {}));
  return { ...rest, metadata: withoutCopies(metadata), keys: keys.sort() };
}

/** Where kubectl keeps all it was given, values included. */
function withoutCopies({ annotations, ...metadata }: KubeObject['metadata']): unknown {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...others } = annotations ?? {};
  return { ...metadata, annotations: others };
}
