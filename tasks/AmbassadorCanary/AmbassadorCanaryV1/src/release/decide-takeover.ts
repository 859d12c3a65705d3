import { CanaryError } from './errors.ts';
import type { RecordState, ReleaseRecord } from './record.ts';
import type { Action, Step } from './spec.ts';

/** What a run is about to release, as far as it takes to know its own release again. */
export interface OwnRelease {
  readonly action: Action;
  readonly digest: string;
  readonly trial: string;
  readonly steps: readonly Step[];
}

/** What a run does about the record that another left, whose holder is dead or gave the lock back. */
export type Takeover =
  /** It is kept on purpose: nothing is touched. */
  | { readonly kind: 'refuse'; readonly error: CanaryError }
  /** Its canary is taken back, then this release begins. */
  | { readonly kind: 'take-back'; readonly why: string }
  /** It is this very release: it goes on at that step, counted from 0; after the last one it is promoted. */
  | { readonly kind: 'go-on'; readonly at: number }
  /** It is this very release, and stable may be half of the new version: its promotion is finished. */
  | { readonly kind: 'finish' };

/**
 * Decides, by what the record says alone, what becomes of a release that another run began. Going on asks for the same
 * objects, the same steps and the same judge; a promotion is finished whatever its steps were, because its canary had passed
 * them. A release that was being rolled back had a reason for it, and one that had not reached its first weight has shown
 * nothing yet: both begin anew.
 */
export function decideTakeover(left: ReleaseRecord, own: OwnRelease): Takeover {
  if (left.state === 'parked') return decideParked(left, own);
  if (left.state === 'held') return { kind: 'refuse', error: keptError(left) };
  if (left.digest !== own.digest) return takeBack('it released something else');
  switch (left.phase) {
    case 'promoting':
      return left.workloads.length > 0 ? { kind: 'finish' } : takeBack('it had nothing to promote');
    case 'rolling-back':
      return takeBack('it was rolling back');
    case 'starting':
      return takeBack('it had not reached its first weight');
    case 'stepping':
      return left.trial === own.trial
        ? goOn(left, own.steps)
        : takeBack('its steps or its checks were others');
  }
}

/**
 * A canary that `deploy` parked has passed what it was asked: another `deploy` of the same objects begins its own steps with it, whatever
 * they are, and `promote` promotes it. Nobody else touches it (DESIGN promise 5).
 */
function decideParked(left: ReleaseRecord, { action, digest, steps }: OwnRelease): Takeover {
  if (action !== 'deploy' && action !== 'promote') return { kind: 'refuse', error: keptError(left) };
  if (left.digest !== digest) return { kind: 'refuse', error: untestedError(left) };
  return { kind: 'go-on', at: action === 'deploy' ? 0 : steps.length };
}

function goOn({ step, weight }: ReleaseRecord, steps: readonly Step[]): Takeover {
  if (step === undefined) return takeBack('it had not reached its first weight');
  // A record is text from outside: one that contradicts itself is nothing to go on with.
  if (steps[step.index]?.weight.percent !== step.weight || weight !== step.weight) {
    return takeBack('its record does not fit its steps');
  }
  return { kind: 'go-on', at: step.passed ? step.index + 1 : step.index };
}

function takeBack(why: string): Takeover {
  return { kind: 'take-back', why };
}

const story: Readonly<Record<Exclude<RecordState, 'running'>, string>> = {
  parked: 'is parked: it was deployed to stay until it is promoted or rejected',
  held: 'is held: it failed, and was kept without traffic for a look',
};

const reject = 'take it back with `action: reject`, then run again';

/** Names a canary that is kept on purpose, and what to do about it. */
function keptError(left: ReleaseRecord): CanaryError {
  const kept = left.state === 'running' ? 'parked' : left.state;
  const end = left.ended === undefined ? '' : `, which ended ${left.ended.outcome}: ${left.ended.reason}`;
  return new CanaryError('CANARY_KEPT', `The canary of ${left.release} ${story[kept]}`, {
    found: `${placeOf(left)}${end}`,
    hint:
      kept === 'held'
        ? `Look at it, ${reject}`
        : `Promote it with \`action: promote\` of its own release, or ${reject}`,
  });
}

/** Names a canary of other objects than those that are to be promoted, or to go on with it. */
function untestedError(left: ReleaseRecord): CanaryError {
  return new CanaryError(
    'CANARY_KEPT',
    `The canary of ${left.release} is not of these manifests and images`,
    {
      expected: 'the very objects that `action: deploy` put on trial',
      found: `others ${placeOf(left)}`,
      hint: `Use the same commit and the same tags in every job of a release, or ${reject}`,
    },
  );
}

function placeOf({ run, weight }: ReleaseRecord): string {
  const whose = run.url === undefined ? run.title : `${run.title} (${run.url})`;
  return `at ${weight} %, left by ${whose}`;
}
