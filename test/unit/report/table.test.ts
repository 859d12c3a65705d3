import assert from 'node:assert/strict';
import { wholeNumber } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/whole-number.ts';
import {
  type Column,
  tableLines,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/table.ts';

const left = (heading: string): Column => ({ heading, align: 'left' });
const right = (heading: string): Column => ({ heading, align: 'right' });

describe('a table', () => {
  it('aligns each column under its heading, by whichever is wider', () => {
    const lines = tableLines(
      [left('step'), right('requests'), left('verdict')],
      [
        ['1', '604', 'pass'],
        ['2', '1 204 604', 'inconclusive'],
      ],
    );
    assert.deepEqual(lines, [
      'step   requests  verdict',
      '1           604  pass',
      '2     1 204 604  inconclusive',
    ]);
  });

  it('leaves out a column in which nothing stands', () => {
    assert.deepEqual(
      tableLines(
        [left('a'), left('b'), left('c')],
        [
          ['1', '', '2'],
          ['3', '', ''],
        ],
      ),
      ['a  c', '1  2', '3'],
    );
  });

  it('takes a cell that is missing for an empty one', () => {
    assert.deepEqual(tableLines([left('a'), right('b')], [['1', '2'], ['3']]), ['a  b', '1  2', '3']);
  });

  it('has no blanks at the end of a line', () => {
    for (const line of tableLines([left('a'), left('wide heading')], [['1', '2']])) {
      assert.equal(line, line.trimEnd());
    }
  });
});

describe('a whole number', () => {
  const rows: [value: number, text: string][] = [
    [0, '0'],
    [999, '999'],
    [1000, '1 000'],
    [12_345, '12 345'],
    [1_234_567, '1 234 567'],
  ];
  for (const [value, text] of rows) {
    it(`is written ${text}`, () => assert.equal(wholeNumber(value), text));
  }
});
