import { readAnnotation } from '../manifests/mapping-annotation.ts';
import { compareForGrouping } from '../manifests/mapping-group.ts';
import { asMapping } from '../manifests/routing.ts';
import { byWhom, foreignWriters } from '../release/drift.ts';
import {
  identityOf,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { type MappingRef, nameOfMapping, type Route } from '../release/plan.ts';
import type { Footing } from '../release/ports.ts';

/** What we have ever written into a twin: a watch may lag behind us. */
export interface Written {
  readonly weight: ReadonlySet<unknown>;
  readonly service: ReadonlySet<unknown>;
}

/**
 * What a route stands on: stable's Mapping, which must stay the one that the twin shares a group with, and the twin, of which nothing
 * is `written` once we have taken it away ourselves.
 */
export function routeFooting(route: Route, written: () => Written | undefined): readonly [Footing, Footing] {
  const { stable, twin } = route;
  const ref = refOf(twin);
  return [
    { ref: placeOf(stable), check: live => stableDrift(route, findMapping(stable, live), live) },
    { ref, isMadeByUs: true, check: live => twinDrift(ref, live, written()) },
  ];
}

/** The object to look at for a stable Mapping. */
export function placeOf({ annotatedOn, ...mapping }: MappingRef): ObjectRef {
  return annotatedOn ?? mapping;
}

/** A stable Mapping in what stands at its place. One in an annotation is there as long as Emissary finds it in it, and not in other text. */
export function findMapping(stable: MappingRef, live: KubeObject | undefined): KubeObject | undefined {
  const { annotatedOn, ...mapping } = stable;
  if (annotatedOn === undefined || live === undefined) return live;
  return readAnnotation(live).objects.find(object => identityOf(refOf(object)) === identityOf(mapping));
}

/** Alone in its group a twin takes every request, even at weight 0 (facts/emissary.md 4). */
function stableDrift(
  { stable, stableService, twin }: Route,
  mapping: KubeObject | undefined,
  place: KubeObject | undefined,
): string | undefined {
  const name = nameOfMapping(stable);
  if (mapping === undefined) {
    return `${name} is gone: somebody deleted it, and alone the canary's Mapping would take every request`;
  }
  const who = place === undefined ? '' : byWhomOf(place);
  if (valueAt(mapping, 'spec', 'weight') !== undefined) {
    return `${name} got a weight${who}: what the canary does not take must be left to stable`;
  }
  const service = valueAt(mapping, 'spec', 'service');
  if (service !== stableService)
    return `${name} leads to ${String(service)} now${who}, no longer to ${stableService}`;
  const grouping = compareForGrouping(asMapping(mapping), asMapping(twin));
  if (grouping.grouped) return undefined;
  const fields = [...new Set(grouping.differences.map(({ field }) => field))].join(', ');
  return `${name} was changed in ${fields}${who}: Emissary no longer splits its requests with the canary`;
}

function twinDrift(
  ref: ObjectRef,
  live: KubeObject | undefined,
  written: Written | undefined,
): string | undefined {
  if (written === undefined) return undefined;
  const name = nameOf(ref);
  if (live === undefined) return `${name} was deleted: the canary gets no requests`;
  for (const field of ['weight', 'service'] as const) {
    const value = valueAt(live, 'spec', field);
    const writers = foreignWriters(live, field);
    if (written[field].has(value) && writers.length === 0) continue;
    return `${name} got the ${field} ${String(value)}${byWhom(live, field)}, which this release did not give it`;
  }
  return undefined;
}

/** Who else has a hand in the object. */
function byWhomOf(place: KubeObject): string {
  const entries = place.metadata.managedFields;
  const names = (Array.isArray(entries) ? entries : []).map(entry => ({
    manager: String(valueAt(entry, 'manager')),
    time: String(valueAt(entry, 'time') ?? ''),
  }));
  const [last] = names.sort((a, b) => (a.time < b.time ? 1 : -1));
  return last === undefined ? '' : ` (last written by ${last.manager})`;
}
