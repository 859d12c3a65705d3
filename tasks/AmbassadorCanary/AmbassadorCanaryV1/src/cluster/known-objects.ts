import { identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { Collection, Listing } from './collection.ts';

/** What this process has learnt of objects on its way, so that it need not ask again. */
export class KnownObjects {
  readonly #listings = new Map<string, Listing>();
  readonly #written = new Map<string, KubeObject>();
  readonly #made = new Map<string, string>();

  /** All of a kind, in a namespace or everywhere. A later listing takes the place of an earlier one. */
  listed(collection: Collection, listing: Listing): void {
    this.#listings.set(keyOf(collection), listing);
  }

  /** What `listed` has last been told of this collection, be it in a listing of all namespaces. */
  listingOf(collection: Collection): Listing | undefined {
    const { namespace, fieldSelector } = collection;
    const own = this.#listings.get(keyOf(collection));
    const listing = own ?? this.#listings.get(keyOf({ ...collection, namespace: '' }));
    if (listing === undefined) return undefined;
    const name = fieldSelector?.replace(/^metadata\.name=/, '');
    const objects = listing.objects.filter(
      ({ metadata }) =>
        (own !== undefined || namespace === undefined || metadata.namespace === namespace) &&
        (name === undefined || metadata.name === name),
    );
    return { ...listing, objects };
  }

  forgetListings(): void {
    this.#listings.clear();
  }

  /** A workload as our latest write has left it, until its pods are awaited. */
  wrote(workload: KubeObject): void {
    this.#written.set(identityOf(refOf(workload)), workload);
  }

  /** Told once: it is true of one moment only. */
  takeWritten(ref: ObjectRef): KubeObject | undefined {
    const object = this.#written.get(identityOf(ref));
    this.#written.delete(identityOf(ref));
    return object;
  }

  /** An object that was not there before this process wrote it. */
  made(object: KubeObject): void {
    const { uid } = object.metadata;
    if (typeof uid === 'string') this.#made.set(identityOf(refOf(object)), uid);
  }

  uidOfMade(ref: ObjectRef): string | undefined {
    return this.#made.get(identityOf(ref));
  }
}

function keyOf({ apiVersion, kind, namespace = '' }: Collection): string {
  return `${apiVersion}|${kind}|${namespace}`;
}
