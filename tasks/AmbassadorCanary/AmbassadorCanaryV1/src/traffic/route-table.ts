import { asRecord, type ObjectRef } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import type { MappingRef } from '../release/plan.ts';

/** A Mapping in its group. */
interface Member {
  readonly name: string;
  readonly namespace: string;
  /** The running sum that Envoy draws against. */
  readonly sum: number;
}

/** The Mappings that Emissary weights against each other. */
export type Group = readonly Member[];

/** Where a twin stands in Emissary's routes. */
export type Standing =
  /** In stable's group, where it gets this share. */
  | { readonly kind: 'together'; readonly percent: number }
  /** In a group without stable, where it takes everything, also at weight 0 (facts/emissary.md 4). */
  | { readonly kind: 'alone' }
  /** Emissary has stable and no such twin. */
  | { readonly kind: 'no-twin' }
  /** It has neither: this is not the Emissary that serves stable. */
  | { readonly kind: 'neither' };

/**
 * Emissary's routes from the text of its diagnostics (`route_info`, facts/emissary.md 11), or `undefined` where the text is something
 * else. Nothing in it is trusted: what has not the shape of a group is passed over.
 */
export function readRouteTable(text: string): readonly Group[] | undefined {
  const body = parseJson(text);
  // With `filter` it is the list itself; a version that does not know the filter gives everything.
  const entries = Array.isArray(body) ? body : asRecord(body)?.route_info;
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap(entry => {
    const mappings = asRecord(asRecord(entry)?._route)?.mappings;
    return Array.isArray(mappings) ? [mappings.flatMap(readMember)] : [];
  });
}

/** The texts of Emissary's errors (`errors`, a list of `[key, text]`) that name one of these Mappings. */
export function readErrors(text: string, mappings: readonly ObjectRef[]): readonly string[] {
  const body = parseJson(text);
  const keys = mappings.map(({ name, namespace }) => `${name}.${namespace}.`);
  return (Array.isArray(body) ? body : []).flatMap(entry => {
    const [key, message] = Array.isArray(entry) ? entry : [];
    const concerns = typeof key === 'string' && keys.some(start => key.startsWith(start));
    return concerns && typeof message === 'string' ? [message] : [];
  });
}

/** Where this twin and its stable Mapping stand. */
export function standingOf(
  groups: readonly Group[],
  { stable, twin }: { readonly stable: MappingRef; readonly twin: ObjectRef },
): Standing {
  const of = (ref: ObjectRef) => groups.filter(group => group.some(member => isMember(member, ref)));
  const [own, stables] = [of(twin), of(stable)];
  const [first] = own;
  if (first === undefined) return { kind: stables.length > 0 ? 'no-twin' : 'neither' };
  if (own.some(group => !stables.includes(group))) return { kind: 'alone' };
  return { kind: 'together', percent: shareIn(first, twin) };
}

/** What lies between its running sum and the one before. */
function shareIn(group: Group, twin: ObjectRef): number {
  const sum = group.find(member => isMember(member, twin))?.sum ?? 0;
  const before = group.map(member => member.sum).filter(other => other < sum);
  return sum - Math.max(0, ...before);
}

function isMember({ name, namespace }: Member, ref: ObjectRef): boolean {
  return name === ref.name && namespace === (ref.namespace ?? 'default');
}

function readMember(value: unknown): readonly Member[] {
  const { name, namespace, _weight } = asRecord(value) ?? {};
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof _weight !== 'number') return [];
  return [{ name, namespace, sum: _weight }];
}
