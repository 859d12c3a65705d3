import { asRecord, asStringMap, type KubeObject, valueAt } from '../release/kube-object.ts';
import { canaryLabelValue } from './names.ts';
import { type Labels, selectorKeys, selects, serviceSelects } from './selector.ts';

/** The labels that a Deployment puts on its pods. */
export function podLabels(workload: KubeObject): Labels {
  return asStringMap(valueAt(workload, 'spec', 'template', 'metadata', 'labels'));
}

/**
 * The keys whose value must differ between stable's and the canary's pods: those that the workload's selector looks at,
 * and those of every Service that picks its pods (DESIGN, "What a release does" 4).
 */
export function distinguishingKeys(
  versions: readonly KubeObject[],
  services: readonly KubeObject[],
): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const workload of versions) {
    for (const key of selectorKeys(valueAt(workload, 'spec', 'selector'))) keys.add(key);
    for (const service of services.filter(service => serviceSelects(service, podLabels(workload)))) {
      for (const key of Object.keys(asStringMap(valueAt(service, 'spec', 'selector')))) keys.add(key);
    }
  }
  return keys;
}

/** The same labels with the canary's value at each of these keys. */
export function canaryLabels(labels: Labels, keys: ReadonlySet<string>): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, keys.has(key) ? canaryLabelValue(value) : value]),
  );
}

/** The selector that picks what `canaryLabels` makes of the labels that this one picks. */
export function canarySelector(selector: unknown, keys: ReadonlySet<string>): unknown {
  const { matchLabels, matchExpressions, ...rest } = asRecord(selector) ?? {};
  return {
    ...rest,
    ...(matchLabels === undefined ? {} : { matchLabels: canaryLabels(asStringMap(matchLabels), keys) }),
    ...(Array.isArray(matchExpressions)
      ? { matchExpressions: matchExpressions.map(expression => canaryExpression(expression, keys)) }
      : {}),
  };
}

/** `In` names values that the canary's labels no longer have; the other operators hold as they are. */
function canaryExpression(expression: unknown, keys: ReadonlySet<string>): unknown {
  const { key, operator, values } = asRecord(expression) ?? {};
  if (typeof key !== 'string' || !keys.has(key) || operator !== 'In' || !Array.isArray(values)) {
    return expression;
  }
  return { key, operator, values: values.map(value => canaryLabelValue(String(value))) };
}

/**
 * A pod template's spec whose affinity and topology rules mean the canary's pods wherever they meant the stable's own:
 * spreading a canary away from stable's pods, or counting both as one, is not what the manifest says.
 */
export function canaryPlacement(
  podSpec: Readonly<Record<string, unknown>>,
  own: Labels,
  keys: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const { affinity, topologySpreadConstraints, ...rest } = podSpec;
  return {
    ...rest,
    ...(affinity === undefined ? {} : { affinity: followed(affinity, own, keys) }),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: followed(topologySpreadConstraints, own, keys) }),
  };
}

function followed(value: unknown, own: Labels, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map(item => followed(item, own, keys));
  const record = asRecord(value);
  if (record === undefined) return value;
  return Object.fromEntries(
    Object.entries(record).map(([field, item]) => [
      field,
      field === 'labelSelector' && selects(item, own)
        ? canarySelector(item, keys)
        : followed(item, own, keys),
    ]),
  );
}
