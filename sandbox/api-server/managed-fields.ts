import type { ManagedFieldsEntry } from '../objects.ts';
import { FieldSet, type Path } from './field-set.ts';
import type { Resource } from './resources.ts';

/** Who writes, as `managedFields` names them. */
export interface FieldManager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
}

interface Owned {
  readonly manager: FieldManager;
  readonly fields: FieldSet;
  readonly time?: string;
}

/** Who owns which fields of an object. Never changed once made. */
export class ManagedFields {
  readonly #owners: ReadonlyMap<string, Owned>;

  private constructor(owners: ReadonlyMap<string, Owned>) {
    this.#owners = owners;
  }

  static read(entries: readonly ManagedFieldsEntry[] = []): ManagedFields {
    const owners = new Map<string, Owned>();
    for (const { manager: name, operation, apiVersion, subresource, time, fieldsV1 } of entries) {
      const manager = { name, operation, apiVersion, ...(subresource && { subresource }) };
      owners.set(keyOf(manager), { manager, fields: FieldSet.fromFieldsV1(fieldsV1), ...(time && { time }) });
    }
    return new ManagedFields(owners);
  }

  get isEmpty(): boolean {
    return this.#owners.size === 0;
  }

  of(manager: FieldManager): FieldSet {
    return this.#owners.get(keyOf(manager))?.fields ?? FieldSet.empty;
  }

  /** The managers besides this one, with what each owns. */
  others(manager: FieldManager): { manager: FieldManager; fields: FieldSet }[] {
    return [...this.#owners].flatMap(([key, owned]) => (key === keyOf(manager) ? [] : [owned]));
  }

  /** What all of them own together. */
  all(): FieldSet {
    return [...this.#owners.values()].reduce((all, { fields }) => all.union(fields), FieldSet.empty);
  }

  /** As it is once this manager owns just these fields. Without a `time` that of its entry stays, if it has one. */
  with(manager: FieldManager, fields: FieldSet, time?: string): ManagedFields {
    const owners = new Map(this.#owners);
    const then = time ?? owners.get(keyOf(manager))?.time;
    if (fields.isEmpty) owners.delete(keyOf(manager));
    else owners.set(keyOf(manager), { manager, fields, ...(then && { time: then }) });
    return new ManagedFields(owners);
  }

  /** As it is once these fields are taken from everybody whom `from` does not spare. */
  without(fields: FieldSet, spared?: FieldManager): ManagedFields {
    const owners = new Map<string, Owned>();
    for (const [key, owned] of this.#owners) {
      const rest = spared && key === keyOf(spared) ? owned.fields : owned.fields.without(fields);
      if (!rest.isEmpty) owners.set(key, { ...owned, fields: rest });
    }
    return new ManagedFields(owners);
  }

  /** In the form and order of `metadata.managedFields`. */
  toEntries(): ManagedFieldsEntry[] {
    return [...this.#owners.values()]
      .map(({ manager, fields, time }) => ({
        manager: manager.name,
        operation: manager.operation,
        apiVersion: manager.apiVersion,
        ...(time && { time }),
        fieldsType: 'FieldsV1' as const,
        fieldsV1: fields.toFieldsV1(),
        ...(manager.subresource && { subresource: manager.subresource }),
      }))
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }
}

function orderOf(entry: ManagedFieldsEntry): string {
  return [entry.operation, entry.time ?? '', entry.manager, entry.apiVersion, entry.subresource ?? ''].join(
    '|',
  );
}

/** One who applies is the same whatever the version; one who updates is not. */
function keyOf({ name, operation, apiVersion, subresource }: FieldManager): string {
  return [operation, name, operation === 'Update' ? apiVersion : '', subresource ?? ''].join('|');
}

const serverOwned = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];

/** Fields that nobody owns. */
export const neverOwned = FieldSet.of([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...serverOwned.map(field => ['f:metadata', `f:${field}`]),
]);

/** Parts that a write to the object itself, or to its status, neither changes nor owns. */
export function ignoredParts(resource: Resource, subresource: string | undefined): Path[] {
  if (subresource !== 'status') return resource.hasStatus ? [['f:status']] : [];
  return [['f:spec'], resource.custom ? ['f:metadata'] : ['f:metadata', 'f:labels']];
}
