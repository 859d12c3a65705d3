import { CanaryError } from '../release/errors.ts';
import { asRecord, identityOf, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { type Route, releaseLabel } from '../release/plan.ts';
import { configAnnotation } from '../release/route-text.ts';
import { unknownVersionNote } from './emissary-version.ts';
import { mappingTwin, serviceOf, stableServiceText } from './mapping-twin.ts';
import { notSplittable, routeRefusals, tcpRefusal } from './route-refusals.ts';
import { alsoCounted, statNamesOf } from './route-stat-names.ts';
import { routeWarnings } from './route-warnings.ts';
import { annotated, mappingName, mappingRefOf, type Routing, unknownRouting } from './routing.ts';

export interface RoutesFound {
  readonly routes: readonly Route[];
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}

/**
 * The routes by which requests reach these Services, each with the twin that would take the canary's share. Every Mapping
 * counts, wherever it lives, also those in annotations; what can't be split is an error, before anything is touched
 * (facts/emissary.md 1).
 */
export function findRoutes(
  mappings: readonly KubeObject[],
  services: readonly KubeObject[],
  {
    workload,
    release,
    routing = unknownRouting,
  }: { readonly workload: string; readonly release: string; readonly routing?: Routing | undefined },
): RoutesFound {
  const names = new Set(services.map(service => `${service.metadata.namespace}/${service.metadata.name}`));
  const leadsHere = (mapping: KubeObject) => {
    const target = serviceOf(mapping);
    return target !== undefined && names.has(`${target.namespace}/${target.name}`);
  };
  const all = [...mappings, ...annotated(routing, 'Mapping')];
  const tcp = [...routing.tcpMappings, ...annotated(routing, 'TCPMapping')].filter(leadsHere);
  const routes: Route[] = [];
  const split: KubeObject[] = [];
  const unread = unreadable(routing, services);
  const notes = [...unread.notes];
  const errors = [...unread.errors, ...tcp.map(tcpRefusal)];
  const stables = all.filter(mapping => mapping.metadata.labels?.[releaseLabel] === undefined);
  for (const mapping of stables.filter(leadsHere)) {
    const spec = asRecord(mapping.spec) ?? {};
    if (isUnread(mapping, routing)) {
      notes.push(`${mappingName(mapping)} gets no canary: only Emissary 2.0 reads ${mapping.apiVersion}`);
      continue;
    }
    if (spec.shadow === true || spec.host_redirect === true) {
      const what = spec.shadow === true ? 'it only mirrors requests' : 'it only redirects';
      notes.push(`${mappingName(mapping)} gets no canary: ${what}`);
      continue;
    }
    try {
      const twin = mappingTwin(mapping, release, routing.mappingVersion);
      const refusals = routeRefusals(mapping, twin, all, { routing, release });
      errors.push(...refusals);
      if (refusals.length > 0) continue;
      split.push(mapping);
      routes.push({ ...routeOf(mapping, twin, routing), workload });
      const unknown = unknownVersionNote(mappingName(mapping), mapping, routing.emissaries);
      notes.push(...routeWarnings(mapping, routing), ...(unknown === undefined ? [] : [unknown]));
    } catch (thrown) {
      if (!(thrown instanceof CanaryError)) throw thrown;
      errors.push(thrown);
    }
  }
  const others = stables.filter(mapping => !split.includes(mapping));
  return { routes: routes.map(route => ({ ...route, ...alsoCounted(route, others) })), notes, errors };
}

/** `x.getambassador.io` was the group of Mappings while Emissary 2.0 was on trial; what is left of it in a cluster routes nothing. */
function isUnread({ apiVersion }: KubeObject, { emissaries }: Routing): boolean {
  return (
    apiVersion.startsWith('x.getambassador.io/') &&
    emissaries.length > 0 &&
    emissaries.every(version => version !== undefined && (version[0] !== 2 || version[1] > 0))
  );
}

function routeOf(stable: KubeObject, twin: KubeObject, routing: Routing): Omit<Route, 'workload'> {
  return {
    stable: mappingRefOf(stable),
    twin,
    stableService: stableServiceText(stable, routing.mappingVersion),
    statNames: statNamesOf(stable, twin),
    ...(valueAt(stable, 'spec', 'grpc') === true && { isGrpc: true }),
  };
}

/** What can't be read may hold a route: of the Service's own annotation that is for nobody to guess. */
function unreadable({ annotations }: Routing, services: readonly KubeObject[]) {
  const errors: CanaryError[] = [];
  const notes: string[] = [];
  const own = new Set(services.map(service => identityOf(refOf(service))));
  const names = services.map(service => service.metadata.name);
  for (const { parent, reading } of annotations) {
    const where = `The annotation ${configAnnotation} of ${nameOf(refOf(parent))}`;
    const isOwn = own.has(identityOf(refOf(parent)));
    const text = parent.metadata.annotations?.[configAnnotation] ?? '';
    if (reading.unreadable !== undefined && isOwn) {
      const found = reading.unreadable;
      const hint = 'Correct it, or write its Mappings as objects';
      errors.push(notSplittable(`${where} can't be read`, { expected: 'YAML', found, hint }));
    } else if (reading.unreadable !== undefined && names.some(name => text.includes(name))) {
      notes.push(`${where} can't be read (${reading.unreadable}): a Mapping in it gets no canary`);
    } else if (isOwn) {
      notes.push(...reading.ignored.map(what => `${where} has what Emissary ignores, ${what}`));
    }
  }
  return { errors, notes };
}
