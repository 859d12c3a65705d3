import assert from 'node:assert/strict';
import { ExchangeError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/exchange.ts';
import {
  maximumTries,
  pauseBeforeRetry,
  setbackOfAnswer,
  setbackOfError,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/retry.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

const setbackOfStatus = (status: number, retryAfter?: string, text = '') =>
  setbackOfAnswer({ status, text, ...(retryAfter && { retryAfter }) });
const middle = () => 0.5;
const firstTry = { made: 1, silent: 0, elapsed: Duration.zero };
const broken = (code: string, maybeProcessed: boolean, reused = false) =>
  setbackOfError(new ExchangeError(code, { code, maybeProcessed, reused }));

function pauses(status: number): string[] {
  const setback = setbackOfStatus(status);
  assert.ok(setback);
  const all: string[] = [];
  let elapsed = Duration.zero;
  for (let made = 1; made < 100; made++) {
    const pause = pauseBeforeRetry(setback, { made, silent: 0, elapsed }, true, middle);
    if (pause === undefined) return all;
    all.push(pause.toString());
    elapsed = elapsed.plus(pause);
  }
  return all;
}

describe('retry', () => {
  it('lets good answers and refusals stand', () => {
    for (const status of [200, 201, 400, 401, 403, 404, 409, 410, 422]) {
      assert.equal(setbackOfStatus(status), undefined, String(status));
    }
  });

  it('tries five times in all, waiting ever longer, about ten seconds together', () => {
    assert.deepEqual(pauses(503), ['250ms', '750ms', '2s250ms', '6s750ms']);
    assert.equal(maximumTries, 5);
  });

  it('spreads the pauses between half and one and a half', () => {
    const setback = setbackOfStatus(500);
    assert.ok(setback);
    assert.equal(pauseBeforeRetry(setback, firstTry, true, () => 0)?.milliseconds, 125);
    assert.equal(pauseBeforeRetry(setback, firstTry, true, () => 0.999)?.milliseconds, 375);
  });

  it('waits as long as Retry-After says, if that is within twenty seconds of the start', () => {
    const three = setbackOfStatus(429, '3');
    const thirty = setbackOfStatus(429, '30');
    assert.ok(three && thirty);
    assert.equal(pauseBeforeRetry(three, firstTry, true, middle)?.seconds, 3);
    assert.equal(pauseBeforeRetry(thirty, firstTry, true, middle), undefined);
    const late = { made: 2, silent: 0, elapsed: Duration.seconds(18) };
    assert.equal(pauseBeforeRetry(three, late, true, middle), undefined);
  });

  it('takes its own pause where Retry-After is a date', () => {
    const setback = setbackOfStatus(503, 'Wed, 21 Oct 2026 07:28:00 GMT');
    assert.equal(setback?.retryAfter, undefined);
  });

  it('repeats what would be harmful twice only when it surely was not processed', () => {
    const processed = setbackOfStatus(503);
    const turnedAway = setbackOfStatus(429);
    assert.ok(processed && turnedAway);
    assert.equal(pauseBeforeRetry(processed, firstTry, false, middle), undefined);
    assert.notEqual(pauseBeforeRetry(turnedAway, firstTry, false, middle), undefined);
    assert.equal(pauseBeforeRetry(broken('ECONNRESET', true), firstTry, false, middle), undefined);
    assert.notEqual(pauseBeforeRetry(broken('ECONNREFUSED', false), firstTry, false, middle), undefined);
  });

  it('does not wait when a kept connection was closed just as it was taken', () => {
    assert.equal(pauseBeforeRetry(broken('ECONNRESET', true, true), firstTry, true, middle)?.milliseconds, 0);
    assert.equal(
      pauseBeforeRetry(broken('ECONNRESET', true, false), firstTry, true, middle)?.milliseconds,
      250,
    );
  });

  it('gives a silent server one more chance, on a new connection, and no third', () => {
    const silence = broken('ANSWER_TIMEOUT', true);
    const after = { made: 1, silent: 1, elapsed: Duration.seconds(30) };
    assert.equal(pauseBeforeRetry(silence, after, true, middle)?.milliseconds, 0);
    const again = { made: 2, silent: 2, elapsed: Duration.seconds(60) };
    assert.equal(pauseBeforeRetry(silence, again, true, middle), undefined);
  });

  it('takes a 500 that is about what was sent for what it is', () => {
    const verdict = (reason?: string) =>
      JSON.stringify({ kind: 'Status', code: 500, reason, message: '.spek: no such field' });
    assert.equal(setbackOfStatus(500, undefined, verdict()), undefined);
    assert.ok(setbackOfStatus(500, undefined, verdict('InternalError')));
    assert.ok(setbackOfStatus(500, undefined, '<html>'));
    assert.ok(setbackOfStatus(503, undefined, verdict()));
  });

  it('gives up at once where time heals nothing', () => {
    for (const code of [
      'ENOTFOUND',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'TOO_LARGE',
    ]) {
      assert.equal(pauseBeforeRetry(broken(code, false), firstTry, true, middle), undefined, code);
    }
  });
});
