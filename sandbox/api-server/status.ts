import type { JsonObject } from '../objects.ts';

/** One finding of a validation, as `details.causes` lists it. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The parts of a resource that errors name. */
export interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** An answer other than success: the API server's `Status` object and its HTTP code. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: number,
    readonly reason: string | undefined,
    message: string,
    readonly details?: JsonObject,
  ) {
    super(message);
  }

  toStatus(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** Text that is no `Status`: what the API server says of a path that nothing serves. */
export class PathNotServed extends Error {
  readonly text = '404 page not found\n';
}

/** `deployments.apps`, `services`. */
export function qualified({ group, plural }: Named): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function details({ group, plural }: Named, name: string): JsonObject {
  return { ...(name && { name }), ...(group && { group }), kind: plural };
}

export function notFound(resource: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, details(resource, name));
}

export function alreadyExists(resource: Named, name: string, isEnding: boolean): ApiError {
  const ending = isEnding ? 'object is being deleted: ' : '';
  const message = `${ending}${qualified(resource)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, details(resource, name));
}

export function staleVersion(resource: Named, name: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
  return new ApiError(409, 'Conflict', message, details(resource, name));
}

/** An object that is put in the place of another, or of none. */
export function otherUid(resource: Named, key: string, name: string, sent: string, stored: string): ApiError {
  const problem = `StorageError: invalid object, Code: 4, Key: /registry/${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${sent}, UID in object meta: ${stored}`;
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${problem}`;
  return new ApiError(409, 'Conflict', message, details(resource, name));
}

/** A precondition of a delete does not hold. The API server names the kind here where it else names the resource. */
export function preconditionFailed(resource: Named, name: string, problem: string): ApiError {
  const kind = { ...resource, plural: resource.kind };
  const message = `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${problem}`;
  return new ApiError(409, 'Conflict', message, details(kind, name));
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** What the API server answers to a JSON Patch that does not fit the object, a failed `test` among them. */
export function patchRejected(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

export function noSuchResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

export function unsupportedPatchType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** Something that the API server does not foresee: it answers without a reason. */
export function internal(message: string): ApiError {
  return new ApiError(500, undefined, message);
}

/** The findings of a validation, in the words that the API server uses for one and for several. */
export function invalid(group: string, kind: string, name: string, causes: readonly Cause[]): ApiError {
  const subject = group === '' ? kind : `${kind}.${group}`;
  const found = causes.map(({ field, message }) => `${field}: ${message}`);
  const story = found.length === 1 ? found[0] : `[${found.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${subject} "${name}" is invalid: ${story}`, {
    ...(name && { name }),
    ...(group && { group }),
    ...(kind && { kind }),
    causes: [...causes],
  });
}

export const required = (field: string, hint?: string): Cause => ({
  reason: 'FieldValueRequired',
  message: hint === undefined ? 'Required value' : `Required value: ${hint}`,
  field,
});

export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}`,
  field,
});

export const unsupportedValue = (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(item => JSON.stringify(item)).join(', ')}`,
  field,
});

export const wrongType = (field: string, found: string, expected: string): Cause => ({
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: "${found}": ${field} in body must be of type ${expected}: "${found}"`,
  field,
});
