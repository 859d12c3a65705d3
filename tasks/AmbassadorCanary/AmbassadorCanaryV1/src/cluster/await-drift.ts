import { Duration } from '../release/duration.ts';
import { toCanaryErrors } from '../release/errors.ts';
import { identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { Clock, Footing, TroubleOptions } from '../release/ports.ts';
import type { Collection, Listing } from './collection.ts';
import { firstSign } from './first-sign.ts';
import { type Change, follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';

const lookAgain = Duration.seconds(5);

export interface DriftOptions extends TroubleOptions {
  /** Objects as they were listed before: what has become of them since is watched from there on. */
  readonly known?: (collection: Collection) => Listing | undefined;
}

/**
 * `Cluster.awaitDrift`, by one watch for each kind and namespace, however long the release is. It begins where the plan was made
 * from, so that it also tells what was changed before it was opened.
 */
export function awaitDrift(
  api: KubeApi,
  clock: Clock,
  footing: readonly Footing[],
  { signal, onBlind, known = () => undefined }: DriftOptions,
): Promise<string | undefined> {
  const groups = new Map<string, Footing[]>();
  for (const one of footing) {
    const { apiVersion, kind, namespace = '' } = one.ref;
    const key = `${apiVersion}|${kind}|${namespace}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return firstSign(
    signal,
    [...groups.values()].map(group => watching => watch(group, watching)),
  );

  async function watch(group: readonly Footing[], watching: AbortSignal): Promise<string | undefined> {
    const collection = collectionOf(group);
    const stand = new Stand(group);
    let from = known(collection);
    while (!watching.aborted) {
      try {
        for await (const change of follow(api, clock, collection, watching, from)) {
          const sign = stand.see(change);
          if (sign !== undefined) return sign;
        }
      } catch (error) {
        from = undefined;
        const [first] = toCanaryErrors(error);
        if (watching.aborted) break;
        if (first?.code !== 'CLUSTER_UNREACHABLE') {
          const why = first?.message ?? 'no reason given';
          onBlind(`What others change of ${collection.kind}s goes unseen: ${why}`);
          break;
        }
        // A server that was away at the first question must not leave the whole release blind.
        await clock.sleep(lookAgain, watching);
      }
    }
    return new Promise(() => {});
  }
}

function collectionOf(group: readonly Footing[]): Collection {
  const [first, ...others] = group.map(({ ref }) => ref) as [ObjectRef, ...ObjectRef[]];
  const { apiVersion, kind, namespace, name } = first;
  return {
    apiVersion,
    kind,
    ...(namespace !== undefined && { namespace }),
    ...(others.every(other => other.name === name) && { fieldSelector: `metadata.name=${name}` }),
  };
}

/** What is known of the objects of one kind and namespace. */
class Stand {
  readonly #seen = new Set<string>();

  constructor(private readonly footing: readonly Footing[]) {}

  /** The reason against going on that a change brings, if it does. */
  see(change: Change): string | undefined {
    if (change.type !== 'listed') {
      return this.#look(refOf(change.object), change.type === 'deleted' ? undefined : change.object);
    }
    const there = new Map(change.objects.map(object => [identityOf(refOf(object)), object]));
    return firstOf(this.footing, ({ ref }) => this.#look(ref, there.get(identityOf(ref))));
  }

  #look(ref: ObjectRef, live: KubeObject | undefined): string | undefined {
    const identity = identityOf(ref);
    const wasThere = this.#seen.has(identity);
    if (live !== undefined) this.#seen.add(identity);
    return firstOf(this.footing, one => {
      if (identityOf(one.ref) !== identity) return undefined;
      return live === undefined && one.isMadeByUs === true && !wasThere ? undefined : one.check(live);
    });
  }
}

function firstOf<T>(items: readonly T[], ask: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const answer = ask(item);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
