import { asRecord, asStringMap, type KubeObject, valueAt } from '../release/kube-object.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether a LabelSelector (`matchLabels` and `matchExpressions`) picks these labels. An empty one picks everything, an absent one nothing. */
export function selects(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = asRecord(selector) ?? {};
  if (selector === undefined || selector === null) return false;
  const byLabel = Object.entries(asStringMap(matchLabels)).every(([key, value]) => labels[key] === value);
  return byLabel && expressionsOf(matchExpressions).every(expression => holds(expression, labels));
}

/** Whether a Service's selector picks these labels. A Service without a selector picks nothing. */
export function serviceSelects(service: KubeObject, labels: Labels): boolean {
  const selector = Object.entries(asStringMap(valueAt(service, 'spec', 'selector')));
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

/** Every label key that a LabelSelector looks at. */
export function selectorKeys(selector: unknown): readonly string[] {
  const { matchLabels, matchExpressions } = asRecord(selector) ?? {};
  return [...Object.keys(asStringMap(matchLabels)), ...expressionsOf(matchExpressions).map(({ key }) => key)];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function expressionsOf(value: unknown): readonly Expression[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(item => {
    const { key, operator, values } = asRecord(item) ?? {};
    if (typeof key !== 'string' || typeof operator !== 'string') return [];
    return [{ key, operator, values: Array.isArray(values) ? values.map(String) : [] }];
  });
}

function holds({ key, operator, values }: Expression, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
