import { asRecord, identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import { type MappingRef, nameOfMapping } from '../release/plan.ts';
import type { AnnotatedObject, AnnotationReading } from './mapping-annotation.ts';
import type { HostSelectors, MappingObject } from './mapping-group.ts';
import type { AnnotationPlace } from './mapping-object.ts';

/** What beside the Mappings that are objects decides where Emissary sends requests, as far as it could be seen. */
export interface Routing {
  /** The version of `getambassador.io` in which twins are written. */
  readonly mappingVersion: string;
  /** What was read in annotations of Services and Ingresses. */
  readonly annotations: readonly { readonly parent: KubeObject; readonly reading: AnnotationReading }[];
  /** TCPMappings that are objects. */
  readonly tcpMappings: readonly KubeObject[];
  /** The `mappingSelector` of each Host; absent where nobody could look. */
  readonly hostSelectors?: HostSelectors;
  /** Emissary's resolvers by name, with their kinds; absent where nobody could look. */
  readonly resolvers?: ReadonlyMap<string, string>;
  /** Emissary's Modules; absent where nobody could look. */
  readonly modules?: readonly KubeObject[];
  /** The versions of Emissary that run, as their images tell: `[3, 9]`, and `undefined` for one that does not tell. */
  readonly emissaries: readonly (EmissaryVersion | undefined)[];
  /** What could not be seen, one sentence each. */
  readonly notes: readonly string[];
}

/** Major and minor. */
export type EmissaryVersion = readonly [major: number, minor: number];

/** Where nobody looked beyond the Mappings: as for a plan without a connection. */
export const unknownRouting: Routing = {
  mappingVersion: 'getambassador.io/v3alpha1',
  annotations: [],
  tcpMappings: [],
  emissaries: [],
  notes: [],
};

/** The Mappings, or TCPMappings, of all annotations. */
export function annotated(routing: Routing, kind: 'Mapping' | 'TCPMapping'): readonly AnnotatedObject[] {
  return routing.annotations.flatMap(({ reading }) => reading.objects.filter(object => object.kind === kind));
}

/** Where a Mapping stands that is no object. */
export function placeOf(mapping: KubeObject): AnnotationPlace | undefined {
  return (mapping as Partial<AnnotatedObject>).annotatedOn;
}

/** A Mapping as the rules of grouping take it. */
export function asMapping(object: KubeObject): MappingObject {
  const place = placeOf(object);
  const { apiVersion, kind, metadata } = object;
  return {
    apiVersion,
    kind,
    metadata,
    spec: asRecord(object.spec) ?? {},
    ...(place === undefined ? {} : { annotatedOn: place }),
  };
}

/** How a record finds a Mapping again. */
export function mappingRefOf(mapping: KubeObject): MappingRef {
  const place = placeOf(mapping);
  return place === undefined ? refOf(mapping) : { ...refOf(mapping), annotatedOn: homeOf(place) };
}

/** `Mapping shop/web`, and where it stands if it is in an annotation. */
export function mappingName(mapping: KubeObject): string {
  return nameOfMapping(mappingRefOf(mapping));
}

/** Tells Mappings apart, also two of one name of which one is in an annotation. */
export function mappingIdentity(mapping: KubeObject): string {
  const place = placeOf(mapping);
  const identity = identityOf(refOf(mapping));
  return place === undefined ? identity : `${identity}|${identityOf(homeOf(place))}|${place.position}`;
}

function homeOf({ position: _, ...home }: AnnotationPlace): ObjectRef {
  return home;
}
