import { uncanariedKinds } from '../manifests/plan-others.ts';
import type { Surveyed } from '../manifests/surveyed.ts';
import type { Leftovers } from '../release/clear-leftovers.ts';
import type { CanaryError } from '../release/errors.ts';
import { nameOf, refOf } from '../release/kube-object.ts';

/** What a reader of a plan must know besides the plan; `refused` keeps a release from starting. */
export interface Finding {
  readonly kind: 'refused' | 'warning';
  readonly code?: string;
  readonly text: string;
}

interface Found {
  readonly leftovers: Leftovers;
  readonly surveyed: Surveyed;
}

/** All that a reader must know besides the plan: what refuses the release, what it would meet, and what nobody could know. */
export function planFindings(
  found: Found | undefined,
  refused: readonly CanaryError[],
  offline: boolean,
): readonly Finding[] {
  const told = new Map(
    refused.map(({ code, sentence }) => [`${code} ${sentence}`, { code, text: sentence }]),
  );
  return [
    ...[...told.values()].map(error => ({ kind: 'refused', ...error }) as const),
    ...(found === undefined
      ? []
      : [...leftBehind(found.leftovers), ...(offline ? guesses(found.surveyed) : [])]),
  ];
}

function leftBehind({ routes, canary, weight }: Leftovers): readonly Finding[] {
  const left = [...new Set([...routes.map(({ twin }) => twin), ...canary].map(nameOf))];
  if (left.length === 0) return [];
  const share = routes.length > 0 ? `, at ${weight} %` : '';
  const text = `An earlier run left its canary behind${share}: ${left.join(', ')}. A release takes that back first, and then plans anew`;
  return [{ kind: 'warning', text }];
}

function guesses({ live }: Surveyed): readonly Finding[] {
  return [...live.values()]
    .filter(({ kind }) => uncanariedKinds.includes(kind))
    .map(object => ({
      kind: 'warning' as const,
      text: `${nameOf(refOf(object))} counts as unchanged: had it changed, the release would be refused`,
    }));
}
