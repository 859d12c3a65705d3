import { createHash } from 'node:crypto';
import { CanaryError } from '../release/errors.ts';

const suffix = '-canary';
/** The limit of a DNS label and of a label value. */
const longestLabel = 63;
/** The limit of an object's name. */
const longestName = 253;
const hashLength = 8;
/** Of a Service or Ingress, within the name of an annotated Mapping's twin. */
const longestParent = 120;

/**
 * The name of a canary's object: `<name>-canary`, at most 63 characters, so that it also fits a Service and a label. Of a
 * DNS label it makes a DNS label, of a name with dots one with dots. What is too long is cut, and a hash of the whole name keeps it unique.
 */
export function canaryName(name: string): string {
  return suffixed(name);
}

/**
 * The value that a stable label gets on the canary: `<value>-canary`, at most 63 characters, cut like a name. The empty value,
 * which is a legal one, becomes `canary`, since none may begin with a dash.
 */
export function canaryLabelValue(value: string): string {
  return value === '' ? suffix.slice(1) : suffixed(value);
}

/**
 * The name of a Mapping's twin: `-canary` goes behind the *first* dot-label, because Emissary's cache knows a Mapping only up
 * to its first dot, and then `<twin>.<namespace>` also sorts before `<stable>.<namespace>`, since `-` precedes `.` and
 * every letter and digit (`facts/emissary.md 1, 3, 5`). At most 253 characters: a longer name loses what follows the first
 * dot-label, and if need be the end of that, and gets a hash of the whole name instead.
 *
 * Expects a valid object name. Throws `ROUTE_NOT_SPLITTABLE` for a name of 247 and more characters whose first 238 are one
 * character and dashes: nothing shorter sorts before it.
 */
export function canaryMappingName(name: string): string {
  const first = firstLabel(name);
  const whole = `${first}${suffix}${name.slice(first.length)}`;
  return whole.length <= longestName ? whole : sortedBefore(name, longestName);
}

/**
 * The name of the twin of a Mapping in an annotation: `<service>-canary-<mapping>`. It sorts before the name that Emissary gives
 * such a Mapping, which is that of its Service or Ingress (`facts/emissary.md 3, 9`); and since that may hold several, the Mapping's
 * own name is in it, unless it is the same. A Mapping's name may be anything in an annotation: what can't be in a name, dots
 * among it (see `canaryMappingName`), becomes a dash, and a hash of the whole is added. At most 253 characters.
 */
export function annotatedTwinName(parent: string, mapping: string): string {
  const first = firstLabel(parent);
  const start = first.length <= longestParent ? `${first}${suffix}` : sortedBefore(first, longestParent);
  if (mapping === parent) return start;
  const plain = `${start}-${mapping}`;
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(mapping) && plain.length <= longestName) return plain;
  const room = longestName - start.length - hashLength - 2;
  const readable = mapping
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, room)
    .replace(/^-+|-+$/g, '');
  return [start, readable, hashOf(mapping)].filter(part => part !== '').join('-');
}

function firstLabel(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? name : name.slice(0, dot);
}

/** The beginning of a name that is too long, its hash and the suffix, at most so many characters and before it in Emissary's order. */
function sortedBefore(name: string, most: number): string {
  let cut = Math.min(firstLabel(name).length, most - suffix.length - 1 - hashLength);
  // The dash of the twin must meet something that it sorts before, so not a dash of the stable.
  while (name[cut] === '-') cut--;
  if (cut === 0) {
    throw new CanaryError(
      'ROUTE_NOT_SPLITTABLE',
      `Mapping ${name} has a name before which no other can sort`,
      {
        hint: 'Give the Mapping a shorter name',
      },
    );
  }
  return `${name.slice(0, cut)}-${hashOf(name)}${suffix}`;
}

function suffixed(text: string): string {
  const whole = text + suffix;
  if (whole.length <= longestLabel) return whole;
  const kept = text.slice(0, longestLabel - suffix.length - 1 - hashLength).replace(/[-._]+$/, '');
  return `${kept}-${hashOf(text)}${suffix}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}
