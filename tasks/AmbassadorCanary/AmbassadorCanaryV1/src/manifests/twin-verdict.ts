import { identityOf, refOf } from '../release/kube-object.ts';
import type { Route } from '../release/plan.ts';
import { compareForGrouping } from './mapping-group.ts';
import { twinName } from './mapping-twin.ts';
import { annotated, asMapping, unknownRouting } from './routing.ts';
import type { Surveyed } from './surveyed.ts';

/** Whether Emissary's rules put a route's twin beside its stable Mapping, in words for a person. Pure. */
export function twinVerdict(
  { stable, twin }: Route,
  { mappings, routing = unknownRouting }: Pick<Surveyed, 'mappings' | 'routing'>,
): string {
  const found = [...mappings, ...annotated(routing, 'Mapping')].find(
    mapping => identityOf(refOf(mapping)) === identityOf(stable) && twinName(mapping) === twin.metadata.name,
  );
  if (found === undefined) return 'not checked: the stable Mapping was not found';
  const grouping = compareForGrouping(asMapping(found), asMapping(twin), routing.hostSelectors);
  if (grouping.grouped) return 'one group: same key, same core fields';
  return `not one group: ${grouping.differences.map(({ field }) => field).join(', ')} differ`;
}
