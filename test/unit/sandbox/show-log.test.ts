import assert from 'node:assert/strict';
import { type Paint, paintFor, shownLine } from '../../../sandbox/show-log.ts';

const tags: Paint = (text, ...styles) =>
  styles.length === 0 ? text : `<${styles.join(' ')}>${text}</${styles.length}>`;

describe('showing the log of a step', () => {
  it('paints on a terminal, but not where NO_COLOR is set, and elsewhere only where FORCE_COLOR is', () => {
    assert.equal(paintFor({ isTTY: true }, {})('x', 'bold', 'red'), '\u001b[1m\u001b[31mx\u001b[0m');
    assert.equal(paintFor({ isTTY: true }, {})('x'), 'x');
    assert.equal(paintFor({ isTTY: true }, { NO_COLOR: '1' })('x', 'red'), 'x');
    assert.equal(paintFor({}, {})('x', 'red'), 'x');
    assert.equal(paintFor({}, { FORCE_COLOR: '1' })('x', 'red'), '\u001b[31mx\u001b[0m');
  });

  const rows: readonly (readonly [raw: string, shown: string])[] = [
    ['##[section]Step 1 of 2: 10 % for 5s', '<bold cyan>Step 1 of 2: 10 % for 5s</2>'],
    ['##[section]promoted: 1.1.0 is stable', '<bold green>promoted: 1.1.0 is stable</2>'],
    ['##[error]rolled-back: At 10 %', '<bold red>Error: rolled-back: At 10 %</2>'],
    ['##[warning]Not clear yet', '<yellow>Warning: Not clear yet</1>'],
    [
      '  10 %  00:30  success-rate   99.83 % ≥ 99 %  (1 204 requests)  pass',
      '  10 %  00:30  success-rate   99.83 % ≥ 99 %  (1 204 requests)  <green>pass</1>',
    ],
    [
      ' 100 %  01:02:30  latency  ?    error: Prometheus does not answer',
      ' 100 %  01:02:30  latency  ?    <red>error</1><dim>: Prometheus does not answer</1>',
    ],
    ['  applied  Deployment a/b  new version', '  <dim>applied</1>  Deployment a/b  new version'],
    ['  weight   10 % of the requests', '  <cyan>weight</1>   10 % of the requests'],
    ['they pass', 'they pass'],
    ['', ''],
  ];
  for (const [raw, shown] of rows) {
    it(`shows ${JSON.stringify(raw)}`, () => assert.equal(shownLine(raw, tags), shown));
  }

  it('takes the marks away and leaves words where there are no colours', () => {
    const plain = paintFor({});
    assert.equal(shownLine('##[section]What happened', plain), 'What happened');
    assert.equal(shownLine('##[error]held: At 5 %', plain), 'Error: held: At 5 %');
  });
});
