import type { KubeObject } from '../release/kube-object.ts';
import { specAsV3alpha1 } from './mapping-group.ts';
import { asMapping, type EmissaryVersion } from './routing.ts';

/** Fields with which an Emissary before this version loses the stable Mapping of a weighted pair: 404 for users (facts/emissary.md 5). */
const limits: readonly { readonly fields: readonly string[]; readonly since: EmissaryVersion }[] = [
  { fields: ['regex_headers'], since: [3, 10] },
  { fields: ['headers'], since: [3, 8] },
  { fields: ['query_parameters', 'regex_query_parameters'], since: [3, 2] },
];

export interface VersionLimit {
  readonly field: string;
  /** The version that has the mistake, as text. */
  readonly found: string;
  readonly needs: string;
}

/** The fields of a Mapping for which an Emissary that runs is too old. Those of an unknown version are not among them. */
export function tooOldFor(
  mapping: KubeObject,
  running: readonly (EmissaryVersion | undefined)[],
): readonly VersionLimit[] {
  return limitsOf(mapping).flatMap(({ field, since }) => {
    const old = running.find(version => version !== undefined && isBefore(version, since));
    return old === undefined ? [] : [{ field, found: `Emissary ${old.join('.')}`, needs: since.join('.') }];
  });
}

/** What to say of the fields for which the version of an Emissary would have to be known and is not. */
export function unknownVersionNote(
  name: string,
  mapping: KubeObject,
  running: readonly (EmissaryVersion | undefined)[],
): string | undefined {
  const [first] = limitsOf(mapping);
  if (first === undefined || (running.length > 0 && !running.includes(undefined))) return undefined;
  return `${name} has ${first.field}, and the version of Emissary can't be seen: before ${first.since.join('.')} a weight on it sends users to a 404`;
}

/** Whether the version of Emissary decides over this Mapping. */
export function dependsOnVersion(mapping: KubeObject): boolean {
  return limitsOf(mapping).length > 0;
}

/** The version in an image's tag: `…/emissary:3.9.1` is 3.9. */
export function versionOfImage(image: string): EmissaryVersion | undefined {
  const [, major, minor] = /:v?(\d+)\.(\d+)(?:[.-]|$|@)/.exec(image) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

function limitsOf(
  mapping: KubeObject,
): readonly { readonly field: string; readonly since: EmissaryVersion }[] {
  const spec = specAsV3alpha1(asMapping(mapping));
  return limits.flatMap(({ fields, since }) => {
    const field = fields.find(
      candidate => Object.keys((spec[candidate] as object | undefined) ?? {}).length > 0,
    );
    return field === undefined ? [] : [{ field, since }];
  });
}

function isBefore([major, minor]: EmissaryVersion, [sinceMajor, sinceMinor]: EmissaryVersion): boolean {
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}
