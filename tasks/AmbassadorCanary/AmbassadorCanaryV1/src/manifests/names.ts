import { createHash } from 'node:crypto';
import { CanaryError } from '../release/errors.ts';

const suffix = '-canary';
/** The limit of a DNS label and of a label value. */
const longestLabel = 63;
/** The limit of an object's name. */
const longestName = 253;
const hashLength = 8;

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
  const dot = name.indexOf('.');
  const first = dot === -1 ? name : name.slice(0, dot);
  const whole = `${first}${suffix}${name.slice(first.length)}`;
  if (whole.length <= longestName) return whole;
  let cut = Math.min(first.length, longestName - suffix.length - 1 - hashLength);
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
