import { isDeepStrictEqual } from 'node:util';
import { valueAt } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { Plain } from './plain.ts';
import type { Exchange } from './recorder.ts';

/** Where the two servers answered differently. */
export interface Difference {
  readonly request: string;
  /** `status`, `contentType`, `body/metadata/generation`; `request` where even that is not the same. */
  readonly field: string;
  /** Absent: the server has no such field. */
  readonly rig?: unknown;
  readonly sandbox?: unknown;
}

/** Holds the answers of two servers against each other, one script after the other. */
export class Comparison {
  readonly #rig = new Plain();
  readonly #sandbox = new Plain();

  differences(rig: readonly Exchange[], sandbox: readonly Exchange[]): Difference[] {
    const length = Math.max(rig.length, sandbox.length);
    return Array.from({ length }, (_, index) => this.#compare(rig[index], sandbox[index])).flat();
  }

  #compare(rig: Exchange | undefined, sandbox: Exchange | undefined): Difference[] {
    const [left, right] = [leavesOf(this.#rig.of(rig)), leavesOf(this.#sandbox.of(sandbox))];
    const request = String(left.get('request') ?? right.get('request'));
    if (left.get('request') !== right.get('request')) {
      return [{ request, field: 'request', rig: left.get('request'), sandbox: right.get('request') }];
    }
    if (rig?.status !== sandbox?.status)
      return [{ request, field: 'status', rig: said(rig), sandbox: said(sandbox) }];
    const fields = new Set([...left.keys(), ...right.keys()]);
    return [...fields]
      .filter(field => !isDeepStrictEqual(left.get(field), right.get(field)))
      .map(field => ({
        request,
        field,
        ...(left.has(field) && { rig: left.get(field) }),
        ...(right.has(field) && { sandbox: right.get(field) }),
      }));
  }
}

function said(exchange: Exchange | undefined): string {
  return `${exchange?.status} ${JSON.stringify(valueAt(exchange?.body, 'message') ?? {})}`;
}

/** Every value in it by its path; an empty object or list is a value. */
function leavesOf(value: unknown, path = '', leaves = new Map<string, unknown>()): Map<string, unknown> {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (fields.length === 0) leaves.set(path, value);
  for (const [field, item] of fields) leavesOf(item, path === '' ? field : `${path}/${field}`, leaves);
  return leaves;
}
