import { at, isObject, type KubeObject } from '../objects.ts';
import { FieldSet, pathText } from './field-set.ts';
import { compare, fieldsOf, merge, withNamedFields, withoutFields } from './field-walks.ts';
import { type FieldManager, ignoredParts, ManagedFields, neverOwned } from './managed-fields.ts';
import type { Resource } from './resources.ts';
import type { Struct } from './schema.ts';
import { ApiError } from './status.ts';

// Field ownership, as sigs.k8s.io/structured-merge-diff v6 (`merge/update.go`) and apimachinery's `managedfields` have it.

/**
 * The owners of an object's fields after a create, update or patch: the writer owns what it added or changed, and everybody loses
 * what it removed. `live` is absent for a create.
 */
export function ownersAfterUpdate(
  resource: Resource,
  live: KubeObject | undefined,
  next: KubeObject,
  manager: FieldManager,
  time: string,
): ManagedFields {
  const before = live ?? { ...resource.emptyObject, apiVersion: next.apiVersion, kind: next.kind };
  const difference = compare(unmanaged(before), unmanaged(next), resource.schema);
  const ignored = ignoredParts(resource, manager.subresource);
  const taken = difference.added.union(difference.modified).outside(ignored);
  // Whoever replaces an object without saying who owns it does not disown anybody.
  const said = manager.subresource ? undefined : next.metadata.managedFields;
  const owners = ManagedFields.read(said?.length ? said : live?.metadata.managedFields)
    .without(taken.union(difference.removed.outside(ignored)), manager)
    .without(difference.removed.outside(ignored));
  // A Scale leaves a zero out, so who scales to it does not own the replicas.
  const isZero = manager.subresource === 'scale' && at(next, 'spec', 'replicas') === 0;
  const unsaid = isZero ? FieldSet.of([['f:spec', 'f:replicas']]) : FieldSet.empty;
  const mine = owners.of(manager).union(taken).without(neverOwned).without(unsaid);
  return owners.with(manager, mine, taken.isEmpty || manager.subresource === 'scale' ? undefined : time);
}

export interface Applied {
  readonly object: KubeObject;
  readonly owners: ManagedFields;
}

/**
 * Merges an applied configuration into an object: what the manager applied before, leaves out now and nobody else owns goes.
 * Rejects with 409 where another manager owns a field with another value, unless forced. `live` is absent for a create.
 */
export function applyConfiguration(
  resource: Resource,
  live: KubeObject | undefined,
  config: KubeObject,
  options: { readonly manager: FieldManager; readonly force: boolean; readonly time: string },
): Applied {
  const { manager, force, time } = options;
  const { schema } = resource;
  const ignored = ignoredParts(resource, manager.subresource);
  const stored = live ? unmanaged(live) : { apiVersion: config.apiVersion, kind: config.kind, metadata: {} };
  const before = live ? ownersBeforeApply(resource, live, manager, time) : ManagedFields.read();
  const last = before.of(manager);
  const claimed = fieldsOf(unmanaged(config), schema).outside(ignored);
  const claimedOwners = before.with(manager, claimed);
  const merged = merge(stored, unmanaged(config), schema);
  const pruned = last.isEmpty ? merged : prune(merged, claimedOwners, last, schema);

  const difference = compare(stored, pruned, schema);
  // One that only claims what is there already is not dated.
  const isChange = [difference.added, difference.modified, difference.removed].some(
    fields => !fields.isEmpty,
  );
  const taken = difference.added.union(difference.modified).outside(ignored);
  if (!force) refuseConflicts(claimedOwners, manager, taken);
  const owners = claimedOwners
    .without(taken.union(difference.removed.outside(ignored)), manager)
    .without(difference.removed.outside(ignored));
  return {
    object: pruned as KubeObject,
    owners: owners.with(manager, owners.of(manager).without(neverOwned), isChange ? time : undefined),
  };
}

/** An object that nobody is said to own, as one from before the first apply: everything in it has one unnamed owner. */
function ownersBeforeApply(
  resource: Resource,
  live: KubeObject,
  manager: FieldManager,
  time: string,
): ManagedFields {
  const owners = ManagedFields.read(live.metadata.managedFields);
  if (!owners.isEmpty) return owners;
  const unnamed = {
    name: 'before-first-apply',
    operation: 'Update',
    apiVersion: manager.apiVersion,
  } as const;
  return ownersAfterUpdate(resource, undefined, live, unnamed, time);
}

/** Takes out of the merged object what the manager owned, and neither it nor anybody else owns any more. */
function prune(
  merged: unknown,
  owners: ManagedFields,
  last: ReturnType<ManagedFields['of']>,
  schema: Struct,
): unknown {
  const named = (fields: typeof last) => withNamedFields(fields, schema);
  const stripped = withoutFields(merged, named(last), schema);
  const mergedFields = named(fieldsOf(merged, schema));
  const kept = named(fieldsOf(stripped ?? {}, schema)).union(named(owners.all()));
  const addedBack = withoutFields(merged, mergedFields.without(kept), schema);
  const gone = mergedFields.without(named(fieldsOf(addedBack ?? {}, schema))).intersection(named(last));
  return withoutFields(merged, gone, schema);
}

function refuseConflicts(
  owners: ManagedFields,
  manager: FieldManager,
  taken: ReturnType<ManagedFields['of']>,
): void {
  const conflicts = owners.others(manager).flatMap(other => {
    const paths = other.fields.intersection(taken).paths().map(pathText).sort();
    return paths.map(path => ({ who: managerText(other.manager), path }));
  });
  const [first] = conflicts;
  if (!first) return;
  const byManager = [...new Set(conflicts.map(({ who }) => who))].sort().map(who => {
    const paths = conflicts.filter(conflict => conflict.who === who).map(({ path }) => `- ${path}`);
    return [`conflicts with ${who}:`, ...paths].join('\n');
  });
  const message =
    conflicts.length === 1
      ? `Apply failed with 1 conflict: conflict with ${first.who}: ${first.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${byManager.join('\n')}`;
  const causes = conflicts.map(({ who, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field: path,
  }));
  throw new ApiError(409, 'Conflict', message, { causes });
}

function managerText({ name, operation, apiVersion, subresource }: FieldManager): string {
  const who = subresource ? `"${name}" with subresource "${subresource}"` : `"${name}"`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}

/** The object without its list of owners, which would else be a field among the others. */
function unmanaged(object: object): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...object };
  if (isObject(copy.metadata)) {
    const { managedFields: _, ...metadata } = copy.metadata;
    copy.metadata = metadata;
  }
  return copy;
}
