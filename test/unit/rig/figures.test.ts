import assert from 'node:assert/strict';
import type { Answer } from '../../../rig/load/answer.ts';
import { figuresOf, figuresText } from '../../../rig/load/figures.ts';
import { LoadRecord } from '../../../rig/load/load.ts';

describe('the figures of a load', () => {
  const record = new LoadRecord();
  const answer = (intendedAt: number, more: Partial<Answer>): Answer => ({
    intendedAt,
    latencyMs: 10,
    status: 200,
    ...more,
  });
  record.add([
    answer(980, { version: '1.0.0' }), // came before the span
    answer(995, { version: '1.10.0' }),
    answer(1500, { version: '1.9.0', latencyMs: 40 }),
    answer(1600, { version: '1.9.0', status: 500 }),
    answer(1700, { status: 503 }),
    answer(1995, { version: '1.0.0' }), // comes after it
  ]);

  it('are those of the answers that came within the span', () => {
    const figures = figuresOf(record, 2000, 1000);
    assert.deepEqual(figures, {
      perSecond: 4,
      failed: 2,
      shares: new Map([
        ['1.9.0', 0.5],
        ['1.10.0', 0.25],
      ]),
      p95: 40,
    });
    assert.deepEqual([...figures.shares.keys()], ['1.9.0', '1.10.0'], 'the lowest version first');
  });

  it('are told in a line that fits a terminal', () => {
    const line = figuresText(figuresOf(record, 2000, 1000), 7);
    assert.equal(line, '4.0/s  2 failed (7 in all)  p95 40 ms  1.9.0 50.0 %  1.10.0 25.0 %');
  });

  it('say that nothing was answered', () => {
    assert.equal(figuresText(figuresOf(record, 9000, 1000), 0), '0.0/s  0 failed (0 in all)  no answers');
  });
});
