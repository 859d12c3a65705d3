import { placeholdersOf } from '../analysis/placeholders.ts';
import type { OwnCheck } from '../release/own-check.ts';
import type { TrafficSplit } from '../release/spec.ts';
import type { Webhook } from '../release/webhook.ts';
import type { Inputs } from './input-names.ts';
import { type InputProblems, quote } from './input-problems.ts';
import { limitsAskedFor } from './parse-checks.ts';
import { parsePods } from './parse-numbers.ts';

/** What the user has put into `checks`. */
export interface OwnQuestions {
  readonly ownChecks: readonly OwnCheck[];
  readonly webhooks: readonly Webhook[];
}

/** Reads what turns a weight into traffic, and notes what else was asked for and can't be had of it. */
export function parseSplit(
  inputs: Inputs,
  { ownChecks, webhooks }: OwnQuestions,
  problems: InputProblems,
): TrafficSplit {
  const maxSurgePods = parsePods(inputs, 'maxSurgePods', problems);
  if (inputs.trafficSplitMethod !== 'pod') {
    if (maxSurgePods !== 'auto' && !problems.concern('trafficSplitMethod')) {
      problems.invalid('maxSurgePods', {
        expected: '`auto` while `trafficSplitMethod` is `ambassador`',
        found: quote(inputs.maxSurgePods),
        hint: 'Leave it out, or write `trafficSplitMethod: pod`',
      });
    }
    return { method: 'ambassador' };
  }
  refuseFixedReplicas(inputs, problems);
  refuseChecksOfEmissary(inputs, problems);
  refuseHold(inputs, problems);
  refuseAcceptance(webhooks, problems);
  refuseOwnService(ownChecks, problems);
  return { method: 'pod', maxSurgePods };
}

function refuseFixedReplicas({ canaryReplicas }: Inputs, problems: InputProblems): void {
  if (canaryReplicas === 'auto' || problems.concern('canaryReplicas')) return;
  problems.invalid('canaryReplicas', {
    expected: '`auto` while `trafficSplitMethod` is `pod`, because the number of pods is the weight',
    found: quote(canaryReplicas),
    hint: 'Leave it out; `maxSurgePods` says how many pods there may be above those of stable',
  });
}

function refuseChecksOfEmissary(inputs: Inputs, problems: InputProblems): void {
  for (const name of limitsAskedFor(inputs)) {
    if (problems.concern(name)) continue;
    problems.invalid(name, {
      expected: "`none` while `trafficSplitMethod` is `pod`: this check counts by Emissary's metrics",
      found: quote(inputs[name]),
      hint: `Leave \`${name}\` out, and put a query of your own into \`checks\``,
    });
  }
}

function refuseHold({ onFailure }: Inputs, problems: InputProblems): void {
  if (onFailure !== 'hold' || problems.concern('onFailure')) return;
  problems.invalid('onFailure', {
    expected:
      '`rollback` while `trafficSplitMethod` is `pod`: a canary without traffic has no pod to look at',
    found: quote(onFailure),
    hint: 'Leave it out',
  });
}

function refuseAcceptance(webhooks: readonly Webhook[], problems: InputProblems): void {
  const before = webhooks.filter(({ when }) => when === 'before').map(({ name }) => name);
  if (before.length === 0) return;
  problems.invalid('checks', {
    expected:
      'no webhook with `when: before` while `trafficSplitMethod` is `pod`: a canary pod has users from the moment it is ready',
    found: before.join(', '),
    hint: 'Write `when: gate` to have it asked at each weight, before the next',
  });
}

/** Requests to the Service are those of both versions: a bad canary would hide among the good answers of stable. */
function refuseOwnService(ownChecks: readonly OwnCheck[], problems: InputProblems): void {
  const asking = ownChecks
    .filter(({ query }) => placeholdersOf(query).includes('service'))
    .map(({ name }) => name);
  if (asking.length === 0) return;
  problems.invalid('checks', {
    expected:
      'no query with `{{service}}` while `trafficSplitMethod` is `pod`: the canary has no Service of its own',
    found: asking.join(', '),
    hint: 'Ask for its pods: `pod=~"{{canary}}-.*"`',
  });
}
