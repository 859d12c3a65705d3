import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

describe('a duration', () => {
  const readable: [text: string, milliseconds: number][] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1m500ms', 60_500],
    ['1.5m', 90_000],
    ['0.5ms', 1],
    [' 5m ', 300_000],
    ['90m', 5_400_000],
  ];
  for (const [text, milliseconds] of readable) {
    it(`is read from ${JSON.stringify(text)}`, () => {
      assert.equal(Duration.parse(text)?.milliseconds, milliseconds);
    });
  }

  const unreadable = [
    '',
    '5',
    '5 m',
    '-5m',
    '5M',
    '5d',
    'm',
    '.5m',
    '5.m',
    '1.5.5m',
    '5m,',
    '1e3s',
    '५m',
    'NaNs',
  ];
  for (const text of [...unreadable, `${'9'.repeat(400)}h`, '99999999999999h']) {
    it(`is not guessed from ${JSON.stringify(text.length > 20 ? `${text.slice(0, 9)}…` : text)}`, () => {
      assert.equal(Duration.parse(text), undefined);
    });
  }

  const written: [duration: Duration, yaml: string, clock: string][] = [
    [Duration.zero, '0s', '00:00'],
    [Duration.milliseconds(250), '250ms', '00:00'],
    [Duration.seconds(59.999), '59s999ms', '00:59'],
    [Duration.seconds(90), '1m30s', '01:30'],
    [Duration.minutes(60), '1h', '1:00:00'],
    [Duration.seconds(3723), '1h2m3s', '1:02:03'],
    [Duration.minutes(1500), '25h', '25:00:00'],
  ];
  for (const [duration, yaml, clock] of written) {
    it(`of ${yaml} is written so, and as ${clock} on a stop-watch`, () => {
      assert.equal(String(duration), yaml);
      assert.equal(duration.toClock(), clock);
    });
  }

  it('is read back as it is written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), milliseconds => {
        const text = String(Duration.milliseconds(milliseconds));
        return Duration.parse(text)?.milliseconds === milliseconds;
      }),
    );
  });

  it('adds up, multiplies and compares', () => {
    const [short, long] = [Duration.seconds(30), Duration.minutes(1)];
    assert.equal(short.plus(long).seconds, 90);
    assert.equal(short.times(2.5).seconds, 75);
    assert.equal(short.isShorterThan(long), true);
    assert.equal(long.isShorterThan(short), false);
    assert.equal(long.isShorterThan(Duration.seconds(60)), false);
  });

  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`can't be ${bad}`, () => {
      assert.throws(() => Duration.milliseconds(bad), RangeError);
      assert.throws(() => Duration.seconds(bad), RangeError);
      assert.throws(() => Duration.seconds(1).times(bad), RangeError);
    });
  }
});
