import assert from 'node:assert/strict';
import { blockAddress, loopbackOf, podAddress } from '../../../rig/addresses.ts';
import { AddressPool } from '../../../rig/kubelet/address-pool.ts';

describe('the addresses of the rig', () => {
  it('give each pod a loopback address with the same last two bytes', () => {
    assert.equal(loopbackOf('10.244.3.7'), '127.244.3.7');
    assert.equal(podAddress(0, 0), '10.244.0.1');
    assert.equal(podAddress(255, 253), '10.244.255.254');
    assert.equal(blockAddress(3), '127.244.3.255');
  });

  it('refuse what is no address of a pod', () => {
    for (const wrong of [
      '',
      '10.245.0.1',
      '10.244.0.256',
      '10.244.0',
      '10.244.0.1.2',
      '192.168.0.1',
      '::1',
    ]) {
      assert.throws(() => loopbackOf(wrong), RangeError, wrong);
    }
  });

  it('are given in turn, never twice at once, and never the same by two rigs', async () => {
    const [one, two] = await Promise.all([AddressPool.claim(300), AddressPool.claim(300)]);
    const taken = [one, two].flatMap(pool => Array.from({ length: 508 }, () => pool.take()));
    assert.equal(new Set(taken).size, 1016);
    assert.throws(() => one.take(), /all 508 pod addresses are taken/);
    const [first = '', second = ''] = taken;
    one.release(second);
    one.release(first);
    assert.deepEqual([one.take(), one.take()], [first, second]);
    one.close();
    two.close();
  });
});
