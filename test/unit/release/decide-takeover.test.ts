import assert from 'node:assert/strict';
import {
  decideTakeover,
  type Takeover,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/decide-takeover.ts';
import type { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { Phase } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import {
  type ReleaseRecord,
  recordStates,
  type StepReached,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { record } from '../cluster/records.ts';
import { spec } from './doubles.ts';

const own = {
  action: 'run',
  digest: 'aaaaaaaaaaaaaaaa',
  trial: 'bbbbbbbbbbbbbbbb',
  steps: spec.steps,
} as const;
const other = 'cccccccccccccccc';
const first = spec.steps[0]?.weight.percent ?? 0;
const last = spec.steps[1]?.weight.percent ?? 0;

/** The record of a run that died while it tested this very release at its second step. */
function dead(more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const { digest, trial } = own;
  const step = { index: 1, weight: last, passed: false };
  return record('old', { phase: 'stepping', weight: last, digest, trial, step, ...more });
}

function told(takeover: Takeover): string {
  switch (takeover.kind) {
    case 'go-on':
      return `go on at ${takeover.at}`;
    case 'take-back':
      return `take back: ${takeover.why}`;
    case 'refuse':
      return `refuse: ${takeover.error.code}`;
    case 'finish':
      return 'finish';
  }
}

const at = (index: number, passed: boolean, weight = index === 0 ? first : last) => {
  const step: StepReached = { index, weight, passed };
  return { step, weight };
};

describe('what a run does about the record of another', () => {
  const rows: readonly [string, Partial<ReleaseRecord>, string][] = [
    ['at its second step', {}, 'go on at 1'],
    ['at its first step', at(0, false), 'go on at 0'],
    ['between two steps', at(0, true), 'go on at 1'],
    ['after its last step', at(1, true), 'go on at 2'],
    ['while it promoted', { phase: 'promoting', ...at(1, true) }, 'finish'],
    ['while it promoted under other steps', { phase: 'promoting', trial: other }, 'finish'],
    [
      'while it promoted nothing',
      { phase: 'promoting', workloads: [] },
      'take back: it had nothing to promote',
    ],
    [
      'while it promoted another release',
      { phase: 'promoting', digest: other },
      'take back: it released something else',
    ],
    ['while it rolled back', { phase: 'rolling-back' }, 'take back: it was rolling back'],
    ['while it started', { phase: 'starting' }, 'take back: it had not reached its first weight'],
    ['with another release', { digest: other }, 'take back: it released something else'],
    ['with other steps', { trial: other }, 'take back: its steps or its checks were others'],
  ];
  for (const [when, more, expected] of rows) {
    it(`that died ${when}: ${expected}`, () => {
      assert.equal(told(decideTakeover(dead(more), own)), expected);
    });
  }

  it('of before there were digests is taken back', () => {
    const { digest: _, trial: __, step: ___, ...old } = dead();
    assert.equal(told(decideTakeover(old, own)), 'take back: it released something else');
    const { step: ____, ...unstarted } = dead();
    assert.equal(told(decideTakeover(unstarted, own)), 'take back: it had not reached its first weight');
  });

  it('that contradicts itself is taken back', () => {
    const wrong: Partial<ReleaseRecord>[] = [
      { step: { index: 1, weight: 11, passed: true } },
      { step: { index: 7, weight: last, passed: true } },
      { step: { index: 0, weight: last, passed: true } },
      { weight: 99 },
      { weight: 0 },
    ];
    for (const more of wrong)
      assert.equal(told(decideTakeover(dead(more), own)), 'take back: its record does not fit its steps');
  });

  for (const [state, words] of [
    [
      'parked',
      /is parked.*left by Run old \(https:\/\/ci\.example\/old\).*`action: promote`.*`action: reject`/,
    ],
    ['held', /is held.*ended held: At 50 %: errors.*Look at it.*`action: reject`/],
  ] as const) {
    it(`that is ${state} is refused, whatever it released and wherever it stood, and it is told what to do`, () => {
      for (const phase of ['starting', 'stepping', 'promoting', 'rolling-back'] satisfies Phase[]) {
        for (const digest of [own.digest, other]) {
          const left = dead({ state, phase, digest, ended: { outcome: 'held', reason: 'At 50 %: errors' } });
          const takeover = decideTakeover(left, own);
          assert.equal(takeover.kind, 'refuse');
          const { code, sentence } = (takeover as { error: CanaryError }).error;
          assert.equal(code, 'CANARY_KEPT');
          assert.match(sentence, words);
        }
      }
    });
  }

  it('that is parked: `deploy` of the same objects begins its steps with it, `promote` promotes it, whatever its own steps were', () => {
    const left = dead({
      state: 'parked',
      trial: other,
      step: { index: 0, weight: 70, passed: true },
      weight: 70,
    });
    assert.equal(told(decideTakeover(left, { ...own, action: 'deploy' })), 'go on at 0');
    assert.equal(told(decideTakeover(left, { ...own, action: 'promote', steps: [] })), 'go on at 0');
  });

  it('that is parked and of other objects, or of nobody knows which, is refused to `deploy` and `promote`', () => {
    const { digest: _, ...unknown } = dead({ state: 'parked' });
    for (const action of ['deploy', 'promote'] as const) {
      for (const left of [unknown, dead({ state: 'parked', digest: other })]) {
        const takeover = decideTakeover(left, { ...own, action });
        assert.equal(takeover.kind, 'refuse');
        const { coded } = (takeover as { error: CanaryError }).error;
        assert.match(coded, /^CANARY_KEPT: .* not of these manifests.* left by Run old .*`action: reject`/);
      }
    }
  });

  it('that is held is refused to everybody', () => {
    for (const action of ['run', 'deploy', 'promote'] as const)
      assert.equal(decideTakeover(dead({ state: 'held' }), { ...own, action }).kind, 'refuse');
  });

  it('that died in the middle of its steps is never promoted for that', () => {
    for (const passed of [true, false])
      for (const index of [0, 1])
        assert.equal(
          decideTakeover(dead(at(index, passed)), { ...own, action: 'promote', trial: other, steps: [] })
            .kind,
          'take-back',
        );
    assert.equal(told(decideTakeover(dead({ phase: 'promoting' }), { ...own, action: 'promote' })), 'finish');
  });

  it('goes on or finishes only what is its own release and nobody keeps, and promotes only what had passed', () => {
    for (const state of recordStates)
      for (const phase of ['starting', 'stepping', 'promoting', 'rolling-back'] satisfies Phase[])
        for (const digest of [own.digest, other])
          for (const trial of [own.trial, other])
            for (const index of [0, 1, 2])
              for (const passed of [true, false]) {
                const left = dead({ state, phase, digest, trial, ...at(index, passed) });
                const takeover = decideTakeover(left, own);
                const case_ = JSON.stringify({ state, phase, digest, trial, index, passed, takeover });
                if (state !== 'running') assert.equal(takeover.kind, 'refuse', case_);
                else if (digest === other) assert.equal(takeover.kind, 'take-back', case_);
                else if (takeover.kind === 'finish') assert.equal(phase, 'promoting', case_);
                else if (takeover.kind === 'go-on') {
                  assert.ok(phase === 'stepping' && trial === own.trial && index < 2, case_);
                  assert.equal(takeover.at, passed ? index + 1 : index, case_);
                }
              }
  });
});
