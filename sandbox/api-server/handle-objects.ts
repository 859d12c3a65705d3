import { at, isObject, type KubeObject } from '../objects.ts';
import type { User } from './access.ts';
import type { Answer, Content } from './answer.ts';
import type { ObjectCall } from './call.ts';
import { decodeObject, type FieldValidation } from './decode.ts';
import { handlePatch } from './handle-patch.ts';
import { createsOnUpdate, refuseOtherUid, refuseUnversioned } from './identity.ts';
import { asList, list, selected } from './list.ts';
import { readDeleteOptions, readDryRun, readManager, readObject } from './read-body.ts';
import type { ObjectKey, Registry } from './registry.ts';
import { scaleOf, withScale } from './scale.ts';
import { methodNotAllowed } from './status.ts';

/** What one request for objects needs to be answered. */
export interface ObjectRequest {
  readonly registry: Registry;
  readonly call: ObjectCall;
  readonly key: ObjectKey;
  readonly query: URLSearchParams;
  readonly content: Content;
}

/** Answers every verb but `watch`, and no subresource `proxy`. Rejects with an `ApiError`. */
export function handleObjects(request: ObjectRequest): Answer {
  const { registry, call, key, query } = request;
  switch (call.access.verb) {
    case 'list':
      return { code: 200, body: list(registry, key, query) };
    case 'get': {
      const object = registry.get(key);
      return { code: 200, body: call.access.subresource === 'scale' ? scaleOf(object) : object };
    }
    case 'create':
      if (call.access.name !== undefined) throw methodNotAllowed();
      return create(request);
    case 'update':
      if (call.access.name === undefined) throw methodNotAllowed();
      return replace(request);
    case 'patch':
      if (call.access.name === undefined) throw methodNotAllowed();
      return handlePatch(request);
    case 'delete':
      return { code: 200, body: registry.delete(key, readDeleteOptions(request.content, query)) };
    case 'deletecollection':
      return deleteAll(request);
    default:
      throw methodNotAllowed();
  }
}

function create({ registry, key, query, content }: ObjectRequest): Answer {
  const { resource, namespace } = key;
  const { object, warnings } = decodeObject(resource, readObject(resource, content), validationOf(query));
  const options = { manager: readManager(query, content), dryRun: readDryRun(query) };
  return { code: 201, body: registry.create(resource, namespace, object, options), warnings };
}

function replace({ registry, call, key, query, content }: ObjectRequest): Answer {
  const { subresource } = call.access;
  const options = {
    manager: readManager(query, content),
    dryRun: readDryRun(query),
    ...(subresource && { subresource }),
  };
  if (subresource === 'scale') {
    const scale = JSON.parse(content.body) as KubeObject;
    return { code: 200, body: scaleOf(registry.update(key, live => withScale(live, scale), options)) };
  }
  const { object, warnings } = decodeObject(
    key.resource,
    readObject(key.resource, content),
    validationOf(query),
  );
  const stored = registry.store.get(key.resource, key.namespace, key.name);
  refuseOtherUid(key, object, stored);
  if (stored === undefined && createsOnUpdate(key.resource)) {
    return { code: 201, body: registry.create(key.resource, key.namespace, object, options), warnings };
  }
  const body = registry.update(
    key,
    () => {
      refuseUnversioned(key.resource, object);
      return object;
    },
    options,
  );
  return { code: 200, body, warnings };
}

function deleteAll({ registry, key, query, content }: ObjectRequest): Answer {
  const { resource, namespace } = key;
  const options = readDeleteOptions(content, query);
  const found = registry.store.list(resource, namespace).filter(selected(query, resource));
  for (const { metadata } of found) {
    registry.delete({ resource, namespace: metadata.namespace, name: metadata.name }, options);
  }
  const metadata = { resourceVersion: String(registry.store.version) };
  return { code: 200, body: asList(resource, found, metadata) };
}

function validationOf(query: URLSearchParams): FieldValidation {
  const asked = query.get('fieldValidation');
  return asked === 'Ignore' || asked === 'Strict' ? asked : 'Warn';
}

/** Answers a SelfSubjectAccessReview: may this user do that? */
export function reviewAccess(user: User, { body }: Content): Answer {
  const review = JSON.parse(body) as Record<string, unknown>;
  const attributes = at(review, 'spec', 'resourceAttributes');
  const text = (field: string) => String(at(attributes, field) ?? '');
  const optional = (field: string) => (text(field) ? { [field]: text(field) } : {});
  const access = { verb: text('verb'), group: text('group'), resource: text('resource') };
  const allowed =
    isObject(attributes) &&
    (user.may?.({ ...access, ...optional('namespace'), ...optional('name'), ...optional('subresource') }) ??
      true);
  const kind = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1' };
  return { code: 201, body: { ...kind, metadata: {}, spec: review.spec, status: { allowed } } };
}

/** Answers a SelfSubjectRulesReview: who may do everything is told so, of others the rules are not known. */
export function reviewRules(user: User): Answer {
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const resourceRules = user.may === undefined ? [all] : [];
  const status = { resourceRules, nonResourceRules: [], incomplete: user.may !== undefined };
  const kind = { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1' };
  return { code: 201, body: { ...kind, metadata: {}, spec: {}, status } };
}
