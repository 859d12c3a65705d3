import assert from 'node:assert/strict';
import { inParallel } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/in-parallel.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('work on many items', () => {
  it('is done for each once, and never for more than eight at a time', async () => {
    const done: number[] = [];
    let atOnce = 0;
    let most = 0;
    await inParallel(
      Array.from({ length: 50 }, (_, index) => index),
      async item => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await turn();
        atOnce -= 1;
        done.push(item);
      },
    );
    assert.deepEqual(
      done.toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.equal(most, 8);
  });

  it('is nothing where there are no items', () => inParallel([], () => assert.fail()));

  it('rejects with the first error, and only when no work is under way any more', async () => {
    let underWay = 0;
    const work = async (item: number) => {
      underWay += 1;
      for (let turns = 0; turns < item; turns++) await turn();
      underWay -= 1;
      if (item === 1) throw new Error('one');
    };
    await assert.rejects(inParallel([5, 1, 3], work), /one/);
    assert.equal(underWay, 0);
  });
});
