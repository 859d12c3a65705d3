import { createHash } from 'node:crypto';
import { asRecord } from '../release/kube-object.ts';

/** Sixteen hex digits that are the same for the same JSON value, whatever the order of an object's fields. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const record = asRecord(value);
  if (record === undefined) return value;
  return Object.keys(record)
    .sort()
    .map(key => [key, sorted(record[key])]);
}
