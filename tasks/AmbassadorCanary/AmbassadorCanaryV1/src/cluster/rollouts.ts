import { identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import { areMany } from '../release/list-names.ts';
import { judgeRollout, overdueSince, type Rollout } from './readiness.ts';

/** A Deployment that is waited for, and what is known of it. */
export interface Awaited {
  readonly ref: ObjectRef;
  /** As last seen; `undefined` where it does not exist (or nobody has looked yet). */
  readonly object?: KubeObject;
  readonly rollout?: Rollout;
  /** Why it is slow. */
  readonly reason?: string;
}

interface Entry {
  ref: ObjectRef;
  object?: KubeObject;
  rollout?: Rollout;
  reason?: string;
  /** Seen at least once: missing now means that somebody has deleted it. */
  looked: boolean;
  /** The verdict that Kubernetes had already given before we looked. */
  oldVerdict: string | undefined;
  told?: string;
}

/** Keeps book of the rollouts that are waited for, and tells what changes: `web-canary: 1 of 2 pods ready`. */
export class Rollouts {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #onProgress: (detail: string) => void;
  #toldTenth = 0;

  constructor(workloads: readonly ObjectRef[], onProgress: (detail: string) => void) {
    this.#entries = new Map(
      workloads.map(ref => [identityOf(ref), { ref, looked: false, oldVerdict: undefined }]),
    );
    this.#onProgress = onProgress;
  }

  /** Those that are not ready, of all or of these. */
  late(among?: readonly ObjectRef[]): readonly Awaited[] {
    const chosen = among?.map(ref => this.#entries.get(identityOf(ref))) ?? [...this.#entries.values()];
    return chosen.filter(entry => entry !== undefined && entry.rollout?.state !== 'ready') as Awaited[];
  }

  /**
   * One that waiting will not help: it was deleted, or Kubernetes gave it up since we look. A deadline that had passed
   * before says nothing of what we wait for: after a change it stays in the status until the first progress.
   */
  hopeless(): Awaited | undefined {
    return [...this.#entries.values()].find(({ looked, object, rollout, oldVerdict }) => {
      if (looked && object === undefined) return true;
      return rollout?.state === 'overdue' && rollout.since !== oldVerdict;
    });
  }

  /** All that exists of `among` is in `objects`. */
  seeAll(among: readonly ObjectRef[], objects: readonly KubeObject[]): void {
    const found = new Map(objects.map(object => [identityOf(refOf(object)), object]));
    for (const ref of among) {
      const object = found.get(identityOf(ref));
      if (object === undefined) this.miss(ref);
      else this.see(object);
    }
  }

  see(object: KubeObject): void {
    const entry = this.#entries.get(identityOf(refOf(object)));
    if (entry === undefined) return;
    if (!entry.looked) entry.oldVerdict = overdueSince(object);
    const rollout = judgeRollout(object);
    if (rollout.detail !== entry.rollout?.detail) delete entry.reason;
    Object.assign(entry, { object, rollout, looked: true });
    this.#tell(entry);
  }

  miss(ref: ObjectRef): void {
    const entry = this.#entries.get(identityOf(ref));
    if (entry === undefined) return;
    delete entry.object;
    delete entry.rollout;
    entry.looked = true;
  }

  explain(ref: ObjectRef, reason: string): void {
    const entry = this.#entries.get(identityOf(ref));
    if (entry?.rollout === undefined) return;
    entry.reason = reason;
    this.#tell(entry);
  }

  #tell(entry: Entry): void {
    const all = [...this.#entries.values()];
    // Of many each tenth that is ready is told, and what is slow for a reason.
    if (areMany(all) && entry.reason === undefined) {
      this.#tellShare(all);
      return;
    }
    // Every rollout begins so, for a moment: that is no progress worth a line.
    if (entry.rollout?.state === 'unseen') return;
    const text = `${entry.ref.name}: ${[entry.rollout?.detail, entry.reason].filter(Boolean).join('; ')}`;
    if (text === entry.told) return;
    entry.told = text;
    this.#onProgress(text);
  }

  #tellShare(all: readonly Entry[]): void {
    const ready = all.filter(({ rollout }) => rollout?.state === 'ready').length;
    const tenth = Math.floor((10 * ready) / all.length);
    if (tenth <= this.#toldTenth) return;
    this.#toldTenth = tenth;
    this.#onProgress(`${ready} of ${all.length} ${all[0]?.ref.kind}s ready`);
  }
}
