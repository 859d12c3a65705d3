import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { partOf } from '../../../scripts/page-part.ts';
import { type Decision, decide, judges } from '../../bench/decisions/decide.ts';
import { decisionsFile, judgingPage } from '../../bench/decisions/files.ts';
import { factScenarios, type Scenario, scenarios } from '../../bench/decisions/scenarios.ts';
import { tableOf } from '../../bench/decisions/table.ts';

/** A false alarm in fewer than one of a hundred releases, or of fifty where errors come in bursts (DESIGN, promise 7). */
const allowed = ({ bursty }: Pick<Decision, 'bursty'>) => (bursty ? 0.02 : 0.01);

describe('the decisions of 2 000 releases a row', () => {
  const decisions = JSON.parse(readFileSync(decisionsFile, 'utf8')) as readonly Decision[];
  const of = (judge: string) => decisions.filter(one => one.judge === judge);

  it('are there for every scenario and judge', () => {
    const expected = scenarios.flatMap(({ name }) => judges.map(judge => `${judge}: ${name}`));
    assert.deepEqual(
      decisions.map(({ judge, scenario }) => `${judge}: ${scenario}`),
      expected,
    );
  });

  it('are what docs/judging.md shows', () => {
    assert.equal(partOf(readFileSync(judgingPage, 'utf8'), 'decisions'), tableOf(decisions));
  });

  for (const decision of of('ours').filter(({ good }) => good)) {
    it(`take back few enough of: ${decision.scenario}`, () => {
      assert.ok(decision.rolledBack < allowed(decision), JSON.stringify(decision));
    });
  }

  /** Judge B of facts/judging.md, in the order of its rows; where it found fewer than half its table has no time. */
  const judgeB = [
    { rolledBack: 1, seconds: 563, failedRequests: 20 },
    { rolledBack: 0.21, seconds: Number.POSITIVE_INFINITY, failedRequests: 95 },
    { rolledBack: 1, seconds: 94, failedRequests: 12 },
    { rolledBack: 1, seconds: 375, failedRequests: 71 },
    { rolledBack: 1, seconds: 250, failedRequests: 4.2 },
    { rolledBack: 1, seconds: 60, failedRequests: 449 },
    { rolledBack: 0.89, seconds: 876, failedRequests: 204 },
  ];
  for (const [row, { name }] of factScenarios.filter(({ good }) => !good).entries()) {
    it(`are at least as quick as those of judge B in: ${name}`, () => {
      const ours = of('ours').find(({ scenario }) => scenario === name);
      const b = judgeB[row];
      assert.ok(ours !== undefined && b !== undefined);
      assert.ok(ours.rolledBack >= b.rolledBack, JSON.stringify(ours));
      assert.ok(ours.seconds <= b.seconds, JSON.stringify(ours));
      assert.ok(ours.failedRequests <= b.failedRequests, JSON.stringify(ours));
    });
  }
});

describe('the judge, in a few hundred releases', () => {
  const named = (name: string): Scenario => {
    const found = scenarios.find(scenario => scenario.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };

  const good = [
    'good, 50/s, 0.8 % errors',
    'good, 5/s, 0.5 % in bursts of 5',
    'good, both fail × 30 for two minutes',
    'good, both fail 3 % all the time',
  ];
  for (const name of good) {
    it(`leaves alone: ${name}`, async () => {
      const runs = 100;
      const { rolledBack } = await decide(named(name), 'ours', runs);
      // Two of a hundred may be chance where one of a hundred is the limit.
      assert.ok(rolledBack <= 0.02, String(rolledBack));
    });
  }

  const bad: [name: string, share: number, seconds: number][] = [
    ['bad × 4, 50/s, 0.2 → 0.8 %', 0.98, 563],
    ['bad + 5 %, 50/s, 0.2 → 5 %', 1, 94],
    ['bad + 30 %, 500/s, 0.2 → 30 %', 1, 60],
    ['bad, 50/s, slow requests 4 → 20 %', 1, 180],
  ];
  for (const [name, share, seconds] of bad) {
    it(`takes back: ${name}`, async () => {
      const decision = await decide(named(name), 'ours', 60);
      assert.ok(decision.rolledBack >= share && decision.seconds <= seconds, JSON.stringify(decision));
    });
  }

  it('comes to the same decisions each time', async () => {
    const scenario = named('bad + 5 %, 50/s, 0.2 → 5 %');
    assert.deepEqual(await decide(scenario, 'ours', 5), await decide(scenario, 'ours', 5));
  });

  it('has rivals that judge as they are told to do', async () => {
    const scenario = named('good, 50/s, 0.8 % errors');
    const flagger = await decide(scenario, 'flagger', 200);
    assert.ok(Math.abs(flagger.rolledBack - 0.74) < 0.1, 'facts/judging.md has 0.74');
    assert.equal((await decide(scenario, 'argo', 50)).rolledBack, 1);
    const hopeless = await decide(named('bad + 30 %, 500/s, 0.2 → 30 %'), 'flagger', 5);
    assert.deepEqual([hopeless.rolledBack, hopeless.seconds], [1, 300]);
  });
}).timeout(30_000);
