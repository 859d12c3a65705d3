import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../objects.ts';
import { badRequest, patchRejected } from './status.ts';

/**
 * A document changed by an RFC 6902 JSON Patch. Text that is no list of operations is answered with 400; an operation that does
 * not fit the document, a `test` that fails among them, with 422 and without saying which.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const type = isObject(patch) ? 'object' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  return patch.reduce((changed, operation) => applyOperation(changed, operation), structuredClone(document));
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (!isObject(operation)) throw patchRejected();
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(document, path, operation.value);
    case 'replace':
      return replace(document, path, operation.value);
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!isDeepStrictEqual(find(document, path, true), operation.value ?? null)) throw patchRejected();
      return document;
    case 'copy':
      return add(document, path, structuredClone(find(document, parsePointer(operation.from))));
    case 'move': {
      const from = parsePointer(operation.from);
      const value = find(document, from);
      return add(remove(document, from), path, value);
    }
    default:
      throw patchRejected();
  }
}

/** RFC 6901. */
function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) throw patchRejected();
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value there. A `test` may ask for a member that is not there: that is null. */
function find(document: unknown, path: readonly string[], lenient = false): unknown {
  let current = document;
  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;
    if (Array.isArray(current)) current = current[indexOf(part, current.length - 1)];
    else if (isObject(current) && part in current) current = current[part];
    else if (isObject(current) && isLast && lenient) return null;
    else throw patchRejected();
  }
  return current;
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = find(document, path.slice(0, -1));
  if (Array.isArray(parent))
    parent.splice(last === '-' ? parent.length : indexOf(last, parent.length), 0, value);
  else if (isObject(parent)) (parent as JsonObject)[last] = value;
  else throw patchRejected();
  return document;
}

/** A member that is not there is added all the same: so does the library that the API server uses. An item must be there. */
function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = find(document, path.slice(0, -1));
  if (!Array.isArray(parent)) return add(document, path, value);
  parent[indexOf(last, parent.length - 1)] = value;
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) throw patchRejected();
  find(document, path);
  const parent = find(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1);
  else if (isObject(parent)) delete parent[last];
  return document;
}

function indexOf(part: string, highest: number): number {
  if (!/^(0|[1-9]\d*)$/.test(part) || Number(part) > highest) throw patchRejected();
  return Number(part);
}
