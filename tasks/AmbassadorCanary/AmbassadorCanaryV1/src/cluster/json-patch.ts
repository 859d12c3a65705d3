import type { PatchOperation } from '../release/ports.ts';
import { isSameJson } from '../release/same-json.ts';

/**
 * Whether doing these operations twice leaves the object as doing them once: all that set or remove a named field do.
 * What goes in or out of an array by position does not. (A patch that tests the resourceVersion is never done twice.)
 */
export function isRepeatable(operations: readonly PatchOperation[]): boolean {
  return operations.every(
    ({ op, path }) =>
      op === 'test' || op === 'replace' || !/\/(-|\d+)$/.test(path) || testsVersion(operations),
  );
}

function testsVersion(operations: readonly PatchOperation[]): boolean {
  return operations.some(({ op, path }) => op === 'test' && path === '/metadata/resourceVersion');
}

/** The path of the first `test` that does not hold on this object. */
export function failedTest(object: unknown, operations: readonly PatchOperation[]): string | undefined {
  for (const operation of operations) {
    if (operation.op !== 'test') continue;
    if (!isSameJson(valueAtPointer(object, operation.path), operation.value)) return operation.path;
  }
  return undefined;
}

/**
 * Whether the object already is what the operations were to make of it. Fields that the server adds to a value by
 * default don't matter; tests are not looked at.
 */
export function isDone(object: unknown, operations: readonly PatchOperation[]): boolean {
  return operations.every(operation => {
    if (operation.op === 'test') return true;
    const stored = valueAtPointer(object, operation.path);
    return operation.op === 'remove' ? stored === undefined : contains(stored, operation.value);
  });
}

/** What an RFC 6901 pointer leads to; `undefined` where it leads nowhere. */
export function valueAtPointer(object: unknown, pointer: string): unknown {
  let current = object;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

function contains(stored: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(stored) &&
      stored.length === wanted.length &&
      wanted.every((item, index) => contains(stored[index], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return stored === wanted;
  return (
    typeof stored === 'object' &&
    stored !== null &&
    Object.entries(wanted).every(([key, value]) => contains((stored as Record<string, unknown>)[key], value))
  );
}
