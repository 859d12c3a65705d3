import assert from 'node:assert/strict';
import {
  CanaryError,
  CanaryErrors,
  type ErrorDetails,
  throwIfAny,
  toCanaryErrors,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

const one = new CanaryError('NO_ROUTE', 'one');
const two = new CanaryError('NO_WORKLOAD', 'two');

describe('the sentence of an error', () => {
  const rows: [details: ErrorDetails, sentence: string][] = [
    [{}, 'Input `pause` is bad'],
    [{ expected: '30s' }, 'Input `pause` is bad: expected 30s'],
    [{ found: '1s' }, 'Input `pause` is bad: found 1s'],
    [{ expected: '30s', found: '1s' }, 'Input `pause` is bad: expected 30s, found 1s'],
    [{ hint: 'Write 30s' }, 'Input `pause` is bad. Write 30s'],
    [
      { expected: '30s', found: '1s', hint: 'Write 30s' },
      'Input `pause` is bad: expected 30s, found 1s. Write 30s',
    ],
    [{ found: '' }, 'Input `pause` is bad: found '],
  ];
  for (const [details, sentence] of rows) {
    it(`is: ${sentence}`, () => {
      assert.equal(new CanaryError('INPUT_INVALID', 'Input `pause` is bad', details).sentence, sentence);
    });
  }

  it('still says what to do where what was found is endless', () => {
    const error = new CanaryError('INTERNAL', 'it broke', { found: 'x'.repeat(10_000), hint: 'Mend it' });
    assert.match(error.sentence, /^it broke: found x{800}…\. Mend it$/);
    assert.match(error.fact, /^it broke: x{800}…$/);
  });

  it('does not tell the cause, which is for whoever debugs', () => {
    const cause = new Error('secret');
    const error = new CanaryError('INTERNAL', 'it broke', { cause });
    assert.equal(error.sentence, 'it broke');
    assert.equal(error.cause, cause);
  });
});

describe('errors found together', () => {
  it('are none where none was found', () => assert.doesNotThrow(() => throwIfAny([])));

  it('are the one itself where there is one', () => {
    assert.throws(
      () => throwIfAny([one]),
      error => error === one,
    );
  });

  it('are one where all say the same', () => {
    const again = new CanaryError('NO_ROUTE', 'one');
    assert.throws(
      () => throwIfAny([one, again]),
      error => error instanceof CanaryError && error.message === 'one',
    );
  });

  it('are all thrown at once where there are several', () => {
    assert.throws(
      () => throwIfAny([one, two]),
      error => error instanceof CanaryErrors && error.message === 'one\ntwo' && error.errors.length === 2,
    );
  });
});

describe('what was thrown', () => {
  it('is known by its code where we threw it', () => {
    assert.deepEqual(toCanaryErrors(one), [one]);
    assert.deepEqual(toCanaryErrors(new CanaryErrors([one, two])), [one, two]);
  });

  const unforeseen: [thrown: unknown, text: string][] = [
    [new TypeError('x is not a function'), 'x is not a function'],
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [42, '42'],
  ];
  for (const [thrown, text] of unforeseen) {
    it(`is one internal error that says what happened, without a stack, where it is ${String(thrown)}`, () => {
      const [error, ...others] = toCanaryErrors(thrown);
      assert.deepEqual(others, []);
      assert.equal(error?.code, 'INTERNAL');
      assert.equal(error?.message, `An unforeseen error: ${text}`);
      assert.equal(error?.sentence.includes('\n'), false);
      assert.equal(error?.cause, thrown);
    });
  }
});
