import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { fillPlaceholders } from './placeholders.ts';

/** What a query is about. */
export interface QueryNames {
  /** The canary's workload, such as `web-canary`. */
  readonly canary: string;
  /** Stable's workload, such as `web`. */
  readonly stable: string;
  readonly namespace: string;
  /** The canary's Service. */
  readonly service: string;
}

/** What may stand between `{{` and `}}` in a query. */
export const queryPlaceholders = ['canary', 'stable', 'namespace', 'service', 'window'] as const;

/** In a string that a regular expression is read from: `pod=~"{{canary}}-.*"`. */
const insideRegex = /[=!]~\s*(?:"(?:[^"\\]|\\.)*|'(?:[^'\\]|\\.)*|`[^`]*)$/s;
/** What Kubernetes takes for a name: nothing in it ends a string or a matcher of PromQL. */
const plainName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/**
 * The query with the names put in, and as `{{window}}` the time since the weight took effect, in whole seconds, at least one. A name is
 * itself also within a regular expression. Throws for a name that Kubernetes would not take either: nothing gets into a query
 * that could change what it asks.
 */
export function renderQuery(template: string, names: QueryNames, window: Duration): string {
  const values: Readonly<Record<string, string>> = {
    ...names,
    window: `${Math.max(1, Math.floor(window.seconds))}s`,
  };
  return fillPlaceholders(template, (name, at, whole) => {
    const value = values[name] ?? whole;
    if (!plainName.test(value)) {
      throw new CanaryError('INPUT_INVALID', `A name can't be put into the query of a check: ${whole}`, {
        expected: 'letters, digits, `-` and `.`',
        found: value,
        hint: 'Give the object a name that Kubernetes takes',
      });
    }
    return insideRegex.test(template.slice(0, at)) ? value.replaceAll('.', '[.]') : value;
  });
}
