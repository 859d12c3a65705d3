import { createHash } from 'node:crypto';
import { asRecord, type KubeObject } from '../release/kube-object.ts';

/** `kubectl apply` keeps the whole object in it, with all that is concealed elsewhere. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Takes known secrets out of a text. */
export type Mask = (text: string) => string;

/** Eight hex digits: enough to tell that a value changed, and too few to find a good secret by. */
export function digestOf(value: string | Buffer): string {
  return `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 8)}`;
}

/**
 * An object as it may be shown: the values of Secrets and of environment variables as digests, whatever the kind that
 * they are in, and every other text masked.
 */
export function conceal(object: KubeObject, mask: Mask): KubeObject {
  const { data, stringData, ...rest } = object;
  const isSecret = object.kind === 'Secret';
  const shown = concealed(isSecret ? rest : object, mask) as KubeObject;
  if (!isSecret) return shown;
  return {
    ...shown,
    ...(data !== undefined && { data: digests(data, decoded, mask) }),
    ...(stringData !== undefined && { stringData: digests(stringData, text => text, mask) }),
  };
}

function concealed(value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map(item => concealed(item, mask));
  const record = asRecord(value);
  if (record === undefined) return value;
  return Object.fromEntries(
    Object.entries(record).map(([field, item]) => [mask(field), concealedField(field, item, mask)]),
  );
}

function concealedField(field: string, value: unknown, mask: Mask): unknown {
  if (field === lastApplied) return digestOf(textOf(value));
  if (field !== 'env') return concealed(value, mask);
  if (Array.isArray(value)) return value.map(item => concealedVariable(item, mask));
  return asRecord(value) === undefined ? concealed(value, mask) : digests(value, text => text, mask);
}

function concealedVariable(variable: unknown, mask: Mask): unknown {
  const record = asRecord(variable);
  const { value, ...rest } = record ?? {};
  if (record === undefined || value === undefined) return concealed(variable, mask);
  return { ...(concealed(rest, mask) as object), value: digestOf(textOf(value)) };
}

/** The values of a map as digests, under their own names. What is no map is one value. */
function digests(values: unknown, read: (text: string) => string | Buffer, mask: Mask): unknown {
  const record = asRecord(values);
  if (record === undefined) return values === null ? null : digestOf(textOf(values));
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [mask(key), digestOf(read(textOf(value)))]),
  );
}

/** The same value has the same digest in `data` and in `stringData`. */
function decoded(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
