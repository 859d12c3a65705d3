import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { revealAll, Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it('is shown to nobody, however it is printed', () => {
    for (const text of [
      `${secret}`,
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      Object.values(secret).join(),
    ]) {
      assert.doesNotMatch(text, /hunter2/);
    }
    assert.equal(JSON.stringify({ secret }), '{"secret":"***"}');
  });

  it('is there for who asks for it', () => {
    assert.equal(secret.reveal(), 'hunter2');
    assert.deepEqual(revealAll({ a: secret }), { a: 'hunter2' });
  });
});
