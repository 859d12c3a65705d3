import { parse, YAMLParseError } from 'yaml';
import { isObject, type KubeObject } from '../objects.ts';
import type { Content } from './answer.ts';
import type { DeleteOptions } from './deletions.ts';
import { groupVersion, type Resource, resources } from './resources.ts';
import { ApiError, badRequest, invalid, unsupportedValue } from './status.ts';

/** The object of a create or replace. Without apiVersion and kind it is taken for one of the resource's. */
export function readObject(resource: Resource, { body }: Content): KubeObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${String(error)} (${body.slice(0, 60)})`,
    );
  }
  const object = isObject(value) ? value : {};
  const { apiVersion, kind } = object;
  const isOther =
    (apiVersion !== undefined && apiVersion !== groupVersion(resource)) ||
    (kind !== undefined && kind !== resource.kind);
  if (isOther) throw badRequest(otherKind(resource, String(apiVersion ?? ''), String(kind ?? '')));
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return { ...object, apiVersion: groupVersion(resource), kind: resource.kind, metadata } as KubeObject;
}

/** What is said of an object of another kind than the path's. */
function otherKind(resource: Resource, apiVersion: string, kind: string): string {
  if (resource.custom) {
    return apiVersion === groupVersion(resource)
      ? `the API kind in the data (${kind}) does not match the expected API kind (${resource.kind})`
      : `the API version in the data (${apiVersion}) does not match the expected API version (${groupVersion(resource)})`;
  }
  const version = apiVersion.split('/').at(-1) ?? '';
  const isKnown = resources.some(other => other.kind === kind && groupVersion(other) === apiVersion);
  const why = isKnown
    ? `converting (${version}.${kind}) to (${resource.group.split('.')[0] || 'core'}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme`;
  return `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`;
}

/** The configuration of a server-side apply, which may be YAML. */
export function readApplied(resource: Resource, { body }: Content): KubeObject {
  let value: unknown;
  try {
    value = parse(body);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${error.message}`);
  }
  const object = isObject(value) ? value : {};
  if (object.apiVersion !== groupVersion(resource) || object.kind !== resource.kind) {
    throw badRequest(`invalid object type: ${String(object.apiVersion)}, Kind=${String(object.kind)}`);
  }
  if (isObject(object.metadata) && object.metadata.managedFields !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  return { ...object, metadata: isObject(object.metadata) ? object.metadata : {} } as KubeObject;
}

/** The body of a patch. */
export function readJson({ body }: Content): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${String(error)}`);
  }
}

/** Whether the query asks for a dry run. */
export function readDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter(value => value !== '');
  return isDryRun(values, 'UpdateOptions');
}

function isDryRun(values: readonly string[], options: string): boolean {
  if (values.some(value => value !== 'All')) {
    throw invalid('meta.k8s.io', options, '', [unsupportedValue('dryRun', values, ['All'])]);
  }
  return values.length > 0;
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

/** The options of a delete. Where the request has a body they come from there, and the query says nothing (measured on 1.35). */
export function readDeleteOptions({ body }: Content, query: URLSearchParams): DeleteOptions {
  const text = body.trim();
  const options = text === '' ? fromQuery(query) : (JSON.parse(text) as Record<string, unknown>);
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  const policy = policies.find(candidate => candidate === propagationPolicy);
  if (propagationPolicy !== undefined && !policy) {
    const cause = unsupportedValue('propagationPolicy', propagationPolicy, [...policies, 'nil']);
    throw invalid('meta.k8s.io', 'DeleteOptions', '', [cause]);
  }
  return {
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...(policy && { propagationPolicy: policy }),
    ...(isObject(preconditions) && { preconditions }),
    dryRun: isDryRun(Array.isArray(dryRun) ? dryRun : [], 'DeleteOptions'),
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  const propagationPolicy = query.get('propagationPolicy');
  return {
    ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...(propagationPolicy !== null && { propagationPolicy }),
    dryRun: query.getAll('dryRun').filter(value => value !== ''),
  };
}

/** The `fieldManager` of the query; else the program's name in the user agent, else `unknown`. */
export function readManager(query: URLSearchParams, { userAgent }: Content): string {
  return query.get('fieldManager') || userAgent?.split('/')[0] || 'unknown';
}

/** The same for a server-side apply, which has to name its manager. */
export function readApplyManager(query: URLSearchParams): string {
  const manager = query.get('fieldManager');
  if (manager) return manager;
  const message = 'Required value: is required for apply patch';
  const cause = { reason: 'FieldValueRequired', message, field: 'fieldManager' };
  throw invalid('meta.k8s.io', 'PatchOptions', '', [cause]);
}

/** Wraps what a parser throws into a 400, so that no request can end the server. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return error instanceof SyntaxError
    ? badRequest(error.message)
    : new ApiError(500, 'InternalError', String(error));
}
