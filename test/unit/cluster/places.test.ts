import assert from 'node:assert/strict';
import { Places } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/places.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('places', () => {
  it('go to who came first, one for each that is given back', async () => {
    const places = new Places(2);
    const taken: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) void places.take().then(() => taken.push(name));
    await turn();
    assert.deepEqual(taken, ['a', 'b']);
    places.giveBack();
    await turn();
    assert.deepEqual(taken, ['a', 'b', 'c']);
    places.giveBack();
    await turn();
    assert.deepEqual(taken, ['a', 'b', 'c', 'd']);
  });

  it('are kept for later where nobody waits', async () => {
    const places = new Places(1);
    await places.take();
    places.giveBack();
    await places.take();
  });

  it('are not waited for by who is told to stop, and not lost to them', async () => {
    const places = new Places(1);
    await places.take();
    const stop = new AbortController();
    const stopped = assert.rejects(places.take(stop.signal), /enough/);
    const next = places.take();
    stop.abort(new Error('enough'));
    await stopped;
    await assert.rejects(places.take(stop.signal), /enough/);
    places.giveBack();
    await next;
  });
});
