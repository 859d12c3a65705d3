import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import type { Ending } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { canaryPlan, passing, spec } from '../release/doubles.ts';
import { linesOf, logOf } from './story.ts';

const weight = Weight.of(10);
const step = { weight, pause: Duration.minutes(5) };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web-canary' };
const started: ReleaseEvent = { type: 'step-started', step, index: 0, of: 3 };
const measured = (measurement: Measurement, elapsed = Duration.seconds(30)): ReleaseEvent => ({
  type: 'measured',
  weight,
  elapsed,
  measurement,
});
const ending: Ending = { outcome: 'promoted', reason: 'web passed 10 %', weight: 0, leftovers: [] };

describe('a line of the log', () => {
  const rows: [event: ReleaseEvent, log: string][] = [
    [{ type: 'phase', phase: 'starting' }, '##[section]Starting the canary, without traffic'],
    [{ type: 'phase', phase: 'stepping' }, '##[section]The canary is ready'],
    [
      { type: 'phase', phase: 'promoting' },
      '##[section]Promoting: stable gets the new version, the canary keeps its share until that is ready',
    ],
    [{ type: 'phase', phase: 'rolling-back', reason: 'why' }, '##[section]Rolling back: why'],
    [{ type: 'applied', object }, '  applied  Deployment shop/web-canary'],
    [{ type: 'applied', object, note: 'new' }, '  applied  Deployment shop/web-canary  new'],
    [{ type: 'deleted', object }, '  deleted  Deployment shop/web-canary'],
    [{ type: 'waiting', what: 'web-canary: 1 of 2 pods ready' }, '  waiting  web-canary: 1 of 2 pods ready'],
    [{ type: 'ready', what: 'web-canary', detail: 'after 00:10' }, '  ready    web-canary  after 00:10'],
    [started, '##[group]Step 1 of 3: 10 % for 5m'],
    [{ type: 'weight-set', weight, routes: 2 }, '  weight   10 % of the requests go to the canary'],
    [
      { type: 'weight-set', weight, routes: 0, shares: [{ workload: 'web', canary: 1, all: 5 }] },
      '  weight   10 % asked, 20 % reached: 1 of 5 pods',
    ],
    [
      {
        type: 'weight-set',
        weight,
        routes: 0,
        shares: [
          { workload: 'web', canary: 1, all: 11 },
          { workload: 'api', canary: 1, all: 1 },
        ],
      },
      '  weight   web: 10 % asked, 9.1 % reached: 1 of 11 pods\n  weight   api: 10 % asked, 100 % reached: 1 of 1 pod',
    ],
    [
      { type: 'step-extended', weight, until: Duration.minutes(10), reason: 'no requests' },
      '##[warning]Not clear yet, staying at 10 % until 10:00: no requests',
    ],
    [{ type: 'stopped' }, '  weight   0 %: no new request goes to the canary'],
    [{ type: 'notice', text: 'a notice' }, 'a notice'],
    [{ type: 'warning', text: 'a warning' }, '##[warning]a warning'],
    [{ type: 'counted', count: { requests: 1, failed: 0 } }, ''],
    [
      {
        type: 'step-ended',
        index: 0,
        step,
        lasted: Duration.seconds(65),
        verdict: 'inconclusive',
        reason: '',
      },
      '##[endgroup]\n  unclear  10 % for 01:05',
    ],
    [
      {
        type: 'failed',
        errors: [
          new CanaryError('LOCKED', 'It is locked', { found: 'run 7', hint: 'Wait' }),
          new CanaryError('INTERNAL', 'Odd'),
        ],
      },
      '##[error]LOCKED: It is locked: found run 7. Wait\n##[error]INTERNAL: Odd',
    ],
  ];
  for (const [event, log] of rows) {
    it(`of ${event.type} is: ${log.split('\n')[0]}`, () => assert.equal(logOf(event), log));
  }

  it('of one error alone is left to the error that ends the step', () => {
    assert.equal(logOf({ type: 'failed', errors: [new CanaryError('LOCKED', 'It is locked')] }), '');
  });
});

describe('the lines of comparisons', () => {
  const compared: Measurement = { ...passing, check: 'errors-vs-stable', detail: 'no sign that it is worse' };
  const few: Measurement = { ...passing, verdict: 'inconclusive', detail: 'too few' };
  const last = (...answers: readonly Measurement[]) => {
    const lines = logOf(started, ...answers.map(answer => measured(answer))).split('\n');
    return lines.slice(1).map(line => line.split(/ {2,}/)[2]?.split(' ')[0]);
  };

  it('are left to the table where they find nothing, or say only what the check before them says', () => {
    assert.deepEqual(last(passing, compared), ['success-rate']);
    assert.deepEqual(last(few, { ...compared, verdict: 'inconclusive', detail: 'too few' }), [
      'success-rate',
    ]);
  });

  it('are left out where they are late', () => {
    assert.deepEqual(last(passing, { ...compared, verdict: 'inconclusive', late: true }), ['success-rate']);
  });

  it('are told where they fail, or say what no other check does', () => {
    const both = ['success-rate', 'errors-vs-stable'];
    assert.deepEqual(last(passing, { ...compared, verdict: 'fail' }), both);
    assert.deepEqual(last(passing, { ...compared, verdict: 'inconclusive' }), both);
    assert.deepEqual(last(few, { ...compared, verdict: 'inconclusive' }), both);
  });

  it('are told where no other check has anything to tell', () => {
    assert.deepEqual(last(compared), ['errors-vs-stable']);
  });
});

describe('the line of a measurement', () => {
  const line = (measurement: Measurement, elapsed?: Duration) =>
    logOf(started, measured(measurement, elapsed)).split('\n')[1];

  it('has weight, time, value, limit, sample and verdict', () => {
    assert.equal(
      line({ ...passing, value: '99.83 %', requests: 1204 }),
      ' 10 %  00:30  success-rate     99.83 % ≥ 99 %          (1 204 requests)  pass',
    );
  });

  it('tells a long detail below the columns, and not again while it is the same', () => {
    const detail = 'nothing was scraped yet since the weight was set, or neither version gets requests';
    const waiting: Measurement = { ...passing, verdict: 'inconclusive', detail };
    const log = linesOf(
      started,
      measured(waiting),
      measured(waiting),
      measured({ ...waiting, detail: `${detail}!` }),
    );
    const told = log.map(({ text }) => text).slice(1);
    assert.deepEqual(
      told.map(line => line.trim().replace(/^.*requests\) +/, '')),
      ['inconclusive:', detail, 'inconclusive, as before', 'inconclusive:', `${detail}!`],
    );
  });

  it('says the detail behind the verdict', () => {
    assert.match(line({ ...passing, detail: 'why' }) ?? '', / {2}pass: why$/);
  });

  it('says of a dry run that it is one', () => {
    assert.match(line({ ...passing, verdict: 'fail', dryRun: true }) ?? '', / {2}fail \(dry run\)$/);
    assert.match(line({ ...passing, dryRun: true, detail: 'why' }) ?? '', / {2}pass \(dry run\): why$/);
  });

  it('says nothing of a limit or a sample where there is none', () => {
    const { limit: _, requests: __, ...bare } = passing;
    assert.equal(line(bare)?.replace(/ +/g, ' '), ' 10 % 00:30 success-rate 99.9 % pass');
    assert.doesNotMatch(line({ ...passing, requests: 0, value: 'no requests' }) ?? '', /\(/);
  });

  it('leaves room for the names of checks that are still to be told', () => {
    const checks = [{ kind: 'slowness-vs-stable' } as const];
    const plan = canaryPlan({ spec: { ...spec, checks } });
    const log = logOf({ type: 'planned', plan }, started, measured(passing)).split('\n');
    assert.match(log.at(-1) ?? '', / {2}success-rate {12}99.9 %/);
  });

  it('keeps its columns beside a split, which has no limit and more to say', () => {
    const split = {
      check: 'split',
      verdict: 'pass',
      actsAtOnce: true,
      value: '25 % asked, 29.5 % seen',
    } as const;
    const [, first = '', second = '', third = ''] = logOf(
      started,
      ...[passing, split, passing].map(answer => measured(answer)),
    ).split('\n');
    assert.equal(first, third);
    assert.equal(first.indexOf('pass'), second.lastIndexOf('pass'));
  });

  it('keeps its columns under those of the other checks, whatever they say', () => {
    const answers: readonly Measurement[] = [
      {
        ...passing,
        check: 'latency of checkout',
        value: 'p99.9 12 204 ms',
        limit: '< 10 000 ms',
        requests: 12_345_678,
      },
      passing,
      { ...passing, value: 'no requests', requests: 0, verdict: 'inconclusive' },
      { ...passing, check: 'latency', value: 'p95 7 ms', limit: '< 500 ms', requests: 1 },
    ];
    const lines = logOf(
      started,
      ...answers.map(answer => measured(answer)),
      ...answers.map(answer => measured(answer)),
    )
      .split('\n')
      .slice(1);
    const column = (text: RegExp) => new Set(lines.slice(4).map(one => one.search(text)));
    assert.equal(column(/pass|inconclusive/).size, 1);
    assert.equal(column(/[≥<]/).size, 1);
    assert.equal(
      new Set(lines.filter(one => one.includes('requests)')).map(one => one.indexOf('requests)'))).size,
      1,
    );
  });

  it('has room for the weights and the times that there are', () => {
    const lines = [Weight.of(1), Weight.all].map(
      weight => logOf(started, { ...measured(passing), weight } as ReleaseEvent).split('\n')[1],
    );
    assert.equal(lines[0]?.indexOf('success-rate'), lines[1]?.indexOf('success-rate'));
    assert.match(line(passing, Duration.minutes(90)) ?? '', /^ 10 % {2}1:30:00 {2}success-rate/);
  });
});

describe('the end of the log', () => {
  const end = (changes: Partial<Ending>, ...before: readonly ReleaseEvent[]) =>
    logOf(...before, { type: 'ended', ending: { ...ending, ...changes } })
      .split('\n')
      .slice(before.length);
  const ended = (index: number, verdict: 'pass' | 'fail' | 'cancelled'): ReleaseEvent => ({
    type: 'step-ended',
    index,
    step,
    lasted: Duration.seconds(65),
    verdict,
    reason: '',
  });

  it('says the outcome and why, where that is a success', () => {
    assert.deepEqual(end({}), ['##[section]promoted: web passed 10 %']);
  });

  it('leaves the outcome of a failure to the error that ends the step', () => {
    assert.deepEqual(end({ outcome: 'rolled-back' }), ['']);
  });

  it('warns of each thing that is left', () => {
    assert.deepEqual(end({ outcome: 'cancelled', leftovers: ['one', 'two'] }), [
      '##[warning]one',
      '##[warning]two',
    ]);
  });

  it('has a row for each step, with what was asked in it, and a dash for what was not', () => {
    const log = linesOf(
      started,
      measured({ ...passing, requests: 1204, failed: 2 }),
      ended(0, 'pass'),
      { type: 'step-started', step: { ...step, weight: Weight.all }, index: 1, of: 2 },
      measured({ ...passing, check: 'latency', value: 'p95 7 ms', limit: '< 500 ms' }),
      ended(1, 'cancelled'),
      { type: 'ended', ending: { ...ending, outcome: 'cancelled' } },
    ).map(({ text }) => text);
    assert.deepEqual(log.slice(log.indexOf('What happened') + 1), [
      '  step  weight   time  requests  failed  success-rate   latency            verdict',
      '  1       10 %  01:05     1 204       2  99.9 % ≥ 99 %  –                  pass',
      '  2      100 %  01:05                    –              p95 7 ms < 500 ms  cancelled',
      '  Users touched: at least 1 204 requests, 2 failed',
    ]);
  });

  it('has the share seen beside the weight asked, and fits with all built-in checks into 120 columns', () => {
    const split = { check: 'split', value: '10 % asked, 10.3 % seen', brief: '10.3 %' };
    const compared = ['errors-vs-stable', 'slowness-vs-stable'].map(check =>
      measured({ verdict: 'pass', actsAtOnce: true, check, value: '0.02 %' }),
    );
    const log = linesOf(
      started,
      measured({ ...passing, requests: 1204, failed: 2 }),
      ...compared,
      measured({ verdict: 'pass', actsAtOnce: true, ...split }),
      ended(0, 'pass'),
      { type: 'ended', ending: { ...ending, outcome: 'cancelled' } },
    ).map(({ text }) => text);
    const [heading = '', row = ''] = log.slice(log.indexOf('What happened') + 1);
    assert.match(heading, /^ {2}step {2}weight {3}split {3}time /);
    assert.match(row, /^ {2}1 {7}10 % {2}10\.3 % {2}01:05 /);
    assert.ok(heading.length <= 120, `${heading.length}`);
    assert.match(log.join('\n'), /^ 10 % {2}\S+ {2}split .*10 % asked, 10\.3 % seen .*pass$/m);
  });

  it('has tables of their own for the checks that have no room beside the rest, each within 120 columns', () => {
    const checks = Array.from({ length: 9 }, (_, index) => `a-check-of-the-team-${index}`);
    const log = linesOf(started, ...checks.map(check => measured({ ...passing, check })), ended(0, 'pass'), {
      type: 'ended',
      ending: { ...ending, outcome: 'cancelled' },
    }).map(({ text }) => text);
    const table = log.slice(log.indexOf('What happened') + 1);
    assert.deepEqual(
      table.slice(0, 2).map(line => line.trim().split(/ {2,}/)),
      [
        ['step', 'weight', 'time', 'verdict'],
        ['1', '10 %', '01:05', 'pass'],
      ],
    );
    assert.ok(table.every(line => line.length <= 120));
    for (const check of checks) {
      const heading = table.findIndex(line => line.includes(check));
      const at = table[heading]?.indexOf(check) ?? -1;
      assert.match(table[heading] ?? '', /^ {2}step {2}weight {2}/);
      assert.equal(table[heading + 1]?.slice(at, at + 13), '99.9 % ≥ 99 %');
    }
  });

  it('has no columns for requests where none could be counted, and none for checks where there are none', () => {
    const log = end({ outcome: 'cancelled' }, started, ended(0, 'cancelled'));
    assert.deepEqual(log.slice(-2), ['  step  weight   time  verdict', '  1       10 %  01:05  cancelled']);
  });
});

describe('what the log says at its end of where the app is', () => {
  const plan = canaryPlan();
  const now = (changes: Partial<Ending>, ...before: readonly ReleaseEvent[]) =>
    linesOf({ type: 'planned', plan }, ...before, { type: 'ended', ending: { ...ending, ...changes } })
      .map(({ text }) => text)
      .filter(line => /^ {2}[A-Z].*\.$/.test(line))
      .map(line => line.trim());
  const applied: ReleaseEvent = { type: 'applied', object };
  const rows: [how: Partial<Ending>, text: string][] = [
    [{ outcome: 'promoted' }, 'The new version is stable.'],
    [{ outcome: 'rolled-back' }, 'All requests go to stable, and the canary is gone.'],
    [{ outcome: 'cancelled' }, 'All requests go to stable, and the canary is gone.'],
    [
      { outcome: 'rolled-back', leftovers: ['x'] },
      'No request goes to a canary, but something is left over.',
    ],
    [{ outcome: 'failed', weight: 50 }, 'The canary still gets 50 % of the requests.'],
    [{ outcome: 'held' }, 'All requests go to stable, and the canary is kept for a look.'],
    [{ outcome: 'live', weight: 20 }, 'The canary is live and gets 20 % of the requests.'],
  ];
  for (const [how, text] of rows) {
    it(`after ${JSON.stringify(how)} is: ${text}`, () => assert.deepEqual(now(how, applied), [text]));
  }

  it('is nothing where nothing was written', () => {
    assert.deepEqual(now({ outcome: 'failed' }), []);
  });
});

describe('text from outside', () => {
  const evil = '##vso[task.setvariable variable=x]y\n##[error]z\u001b[31m';
  it('stays as it is in the lines: whoever prints them makes it harmless, and nobody does it twice', () => {
    const events: readonly ReleaseEvent[] = [
      { type: 'waiting', what: evil },
      { type: 'notice', text: evil },
      { type: 'warning', text: evil },
      { type: 'phase', phase: 'rolling-back', reason: evil },
      { type: 'failed', errors: ['no', 'never'].map(no => new CanaryError('INTERNAL', no, { found: evil })) },
    ];
    for (const event of events) {
      const lines = linesOf(event);
      assert.equal(lines.length, event.type === 'failed' ? 2 : 1);
      for (const { text } of lines) assert.ok(text.includes(evil), event.type);
    }
  });
});
