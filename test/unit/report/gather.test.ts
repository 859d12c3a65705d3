import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { Gathering } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/gather.ts';
import { canaryPlan, passing } from '../release/doubles.ts';
import { journalOf } from './story.ts';

const [workload] = canaryPlan().workloads;
assert.ok(workload);
const named = (name: string) => ({ ...workload, stable: { ...workload.stable, name } });
const planOf = (count: number) =>
  canaryPlan({
    workloads: [workload, ...Array.from({ length: count - 1 }, (_, index) => named(`web-${index}`))],
  });
const ref = (kind: string, index: number) => ({
  apiVersion: 'v1',
  kind,
  namespace: 'shop',
  name: `web-${index}-canary`,
});
const done = (type: 'applied' | 'deleted', kind: string, count: number, note?: string): ReleaseEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    type,
    object: ref(kind, index),
    ...(note !== undefined && { note }),
  }));
const weight = Weight.of(10);
const answer = (more: Partial<Measurement>, seconds = 30): ReleaseEvent => ({
  type: 'measured',
  weight,
  elapsed: Duration.seconds(seconds),
  measurement: { ...passing, ...more },
});

/** What the log says of these, in a release of so many workloads. */
function told(workloads: number, ...events: readonly ReleaseEvent[]): readonly string[] {
  const gathering = new Gathering();
  const journal = journalOf({ type: 'planned', plan: planOf(workloads) });
  return events
    .flatMap(event => gathering.linesOf({ ...event, at: 0 }, journal))
    .map(({ text }) => text.trimEnd());
}

describe('the log of a release of many workloads', () => {
  const after: ReleaseEvent = { type: 'waiting', what: 'for something' };

  it('tells what is done to many objects of a kind in one line, in the order in which it began', () => {
    const lines = told(
      100,
      ...done('applied', 'Service', 100),
      ...done('applied', 'NetworkPolicy', 2, 'new'),
      ...done('applied', 'Service', 1, 'weight 0'),
      after,
      ...done('deleted', 'Ingress', 3),
      after,
    );
    assert.deepEqual(lines, [
      '  applied  100 Services',
      '  applied  2 NetworkPolicies  new',
      '  applied  Service shop/web-0-canary  weight 0',
      '  waiting  for something',
      '  deleted  3 Ingresses',
      '  waiting  for something',
    ]);
  });

  it('of few is told as it happens', () => {
    assert.equal(told(10, ...done('applied', 'Service', 10)).length, 10);
    assert.equal(told(11, ...done('applied', 'Service', 10)).length, 0);
  });

  it('names each check that fails or could not be asked, and counts the others of its round', () => {
    const gathering = new Gathering();
    const journal = journalOf({ type: 'planned', plan: planOf(20) });
    const round = [
      ...Array.from({ length: 17 }, (_, index) => answer({ check: `success-rate web-${index}` })),
      answer({ check: 'success-rate web-17', verdict: 'fail', value: '90 %' }),
      answer({ check: 'success-rate web-18', verdict: 'error', detail: 'no answer' }),
      answer({ check: 'success-rate web-19', verdict: 'inconclusive' }),
    ];
    const lines = round.flatMap(event => gathering.linesOf({ ...event, at: 0 }, journal));
    assert.match(lines.map(({ text }) => text).join('\n'), /^ .*web-17 .*fail\n.*web-18 .*error: no answer$/);
    assert.deepEqual(
      gathering.flushRound().map(({ text }) => text),
      [' 10 %  00:30  17 of 20 checks pass, 1 inconclusive'],
    );
    assert.deepEqual(gathering.flushRound(), []);
  });

  it('never counts two rounds as one', () => {
    const lines = told(20, answer({}), answer({}), answer({}, 60), after);
    assert.deepEqual(lines, [
      ' 10 %  00:30  2 of 2 checks pass',
      ' 10 %  01:00  1 of 1 checks pass',
      '  waiting  for something',
    ]);
  });
});
