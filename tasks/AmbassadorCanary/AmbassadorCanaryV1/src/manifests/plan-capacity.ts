import { foreignWriters } from '../release/drift.ts';
import { CanaryError } from '../release/errors.ts';
import {
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
  replicasOf,
  valueAt,
} from '../release/kube-object.ts';
import type { CapacityHold } from '../release/plan.ts';
import type { ReleaseSpec } from '../release/spec.ts';
import { scaledObjectOf, scales } from './autoscaled.ts';
import { isKubectl } from './manager-notes.ts';
import type { Surveyed } from './surveyed.ts';

/** What a release does so that no autoscaler shrinks stable meanwhile, and all that speaks against it. */
export interface PlannedCapacity {
  readonly capacity: readonly CapacityHold[];
  readonly notes: readonly string[];
  readonly remarks: readonly string[];
  readonly errors: readonly CanaryError[];
}

const nothing: PlannedCapacity = { capacity: [], notes: [], remarks: [], errors: [] };

/** Up to this weight stable keeps at least as many users as the canary gets, and so most of its pods. */
const safeWeight = 50;

/**
 * Finds what scales these live Deployments, which get a canary, and what must be raised. Where the user, or the cluster, does not
 * let the capacity be held, weights over 50 are an error, and others a note.
 */
export function planCapacity(
  deployments: readonly KubeObject[],
  { autoscalers = [] }: Pick<Surveyed, 'autoscalers'>,
  spec: ReleaseSpec,
): PlannedCapacity {
  const found = deployments.flatMap(deployment =>
    autoscalers
      .filter(autoscaler => scales(autoscaler, deployment))
      .map(autoscaler => holdOf(autoscaler, replicasOf(deployment), spec)),
  );
  return {
    capacity: found.flatMap(({ capacity }) => capacity),
    notes: found.flatMap(({ notes }) => notes),
    remarks: found.flatMap(({ remarks }) => remarks),
    errors: found.flatMap(({ errors }) => errors),
  };
}

function holdOf(autoscaler: KubeObject, replicas: number, spec: ReleaseSpec): PlannedCapacity {
  const ref = refOf(autoscaler);
  const minimum = minimumOf(autoscaler);
  if (replicas <= (minimum.value ?? minimum.otherwise)) return nothing;
  if (!spec.keepStableCapacity) return withoutHold(ref, spec, 'is not held by `keepStableCapacity: false`');
  const hidden = scaledObjectOf(autoscaler);
  if (hidden !== undefined)
    return withoutHold(ref, spec, `belongs to ${nameOf(hidden)}, which may not be read`);
  if (valueAt(autoscaler, 'spec', 'idleReplicaCount') !== undefined) {
    return withoutHold(ref, spec, 'goes to `idleReplicaCount` below any minimum when there is nothing to do');
  }
  const raised = Math.min(replicas, minimum.most);
  if (raised <= (minimum.value ?? minimum.otherwise)) return nothing;
  const was = minimum.value;
  const hold = { autoscaler: ref, field: minimum.field, raised, ...(was !== undefined && { was }) };
  // A GitOps tool that set the minimum may set it back.
  const others = foreignWriters(autoscaler, minimum.field).filter(name => !isKubectl(name));
  return {
    capacity: [hold],
    notes: [
      ...(raised < replicas
        ? [
            `${nameOf(ref)} has a maximum of ${raised}: of the ${replicas} pods that run, stable is only sure of ${raised}`,
          ]
        : []),
      ...(others.length > 0
        ? [
            `${nameOf(ref)} belongs to ${others.join(' and ')} as well, which may lower its minimum again during the release`,
          ]
        : []),
    ],
    remarks: [remarkOn(hold)],
    errors: [],
  };
}

/** What a hold means, for the log and the plan. */
export function remarkOn({ autoscaler, field, raised, was }: CapacityHold): string {
  return `${nameOf(autoscaler)} keeps stable at ${raised} pods: its ${field} becomes ${raised} for the release, and is ${was ?? 'absent'} again afterwards`;
}

/** What becomes of an autoscaler that nobody keeps from shrinking stable. */
export function withoutHold(
  autoscaler: ObjectRef,
  { steps, keepStableCapacity }: Pick<ReleaseSpec, 'steps' | 'keepStableCapacity'>,
  why: string,
): PlannedCapacity {
  const highest = Math.max(...steps.map(({ weight }) => weight.percent));
  const story = `${nameOf(autoscaler)} ${why}`;
  if (highest <= safeWeight) {
    const note = `${story}: it may shrink stable while the canary takes up to ${highest} % of its requests`;
    return { ...nothing, notes: [note] };
  }
  const error = new CanaryError(
    'INPUT_INVALID',
    'Input `weights` goes too high for a stable that may be shrunk meanwhile: a rollback would overload it',
    {
      expected: `weights up to ${safeWeight}, or an autoscaler whose minimum is raised for the release (\`keepStableCapacity\`)`,
      found: `${highest}, and ${story}`,
      hint: keepStableCapacity
        ? `Let the connection get and patch ${nameOf(autoscaler)} (docs/rbac.yaml), or write weights up to ${safeWeight}`
        : `Leave \`keepStableCapacity\` at \`true\`, or write weights up to ${safeWeight}`,
    },
  );
  return { ...nothing, errors: [error] };
}

interface Minimum {
  readonly field: CapacityHold['field'];
  readonly value: number | undefined;
  /** What an absent one means. */
  readonly otherwise: number;
  readonly most: number;
}

function minimumOf({ kind, spec }: KubeObject): Minimum {
  const isKeda = kind === 'ScaledObject';
  const field = isKeda ? 'minReplicaCount' : 'minReplicas';
  const most = valueAt(spec, isKeda ? 'maxReplicaCount' : 'maxReplicas');
  const value = valueAt(spec, field);
  return {
    field,
    value: typeof value === 'number' ? value : undefined,
    otherwise: isKeda ? 0 : 1,
    most: typeof most === 'number' ? most : 100,
  };
}
