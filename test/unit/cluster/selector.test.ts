import assert from 'node:assert/strict';
import { selectorQuery } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/selector.ts';

describe('a label selector', () => {
  it('is asked for as a query', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'zone', operator: 'NotIn', values: ['c'] },
      { key: 'team', operator: 'Exists' },
      { key: 'old', operator: 'DoesNotExist' },
    ];
    assert.equal(
      selectorQuery({ matchLabels: { app: 'web', 'x/y': '1' }, matchExpressions }),
      'app=web,x/y=1,tier in (a,b),zone notin (c),team,!old',
    );
    assert.equal(selectorQuery(undefined), '');
  });
});
