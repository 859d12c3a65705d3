import { asRecord, asStringMap, valueAt } from '../release/kube-object.ts';

/** A label selector as a query asks for it: `app=web,tier in (a,b),!old`. */
export function selectorQuery(selector: unknown): string {
  const equal = Object.entries(asStringMap(valueAt(selector, 'matchLabels'))).map(
    ([key, value]) => `${key}=${value}`,
  );
  const expressions = valueAt(selector, 'matchExpressions');
  const other = (Array.isArray(expressions) ? expressions : []).map(expression => {
    const { key, operator, values } = asRecord(expression) ?? {};
    const set = `(${(Array.isArray(values) ? values : []).join(',')})`;
    switch (operator) {
      case 'In':
        return `${key} in ${set}`;
      case 'NotIn':
        return `${key} notin ${set}`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return String(key);
    }
  });
  return [...equal, ...other].join(',');
}
