import assert from 'node:assert/strict';
import { resourceOf } from '../../../sandbox/api-server/resources.ts';
import {
  matchesLabels,
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
} from '../../../sandbox/api-server/selectors.ts';
import type { ApiError } from '../../../sandbox/api-server/status.ts';

const object = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web', tier: 'front', 'a.b/c': 'd' } },
  status: { phase: 'Running' },
};

describe('selectors in the sandbox', () => {
  const labels: [selector: string, matches: boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app=other', false],
    ['app in (web, api)', true],
    ['app notin (web)', false],
    ['missing notin (x)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['a.b/c=d', true],
    ['missing=', false],
    ['app in (web),tier in (front,back),!missing', true],
  ];
  for (const [selector, expected] of labels) {
    it(`${expected ? 'selects' : 'does not select'} by the labels \`${selector}\``, () => {
      assert.equal(parseLabelSelector(selector)(object), expected);
    });
  }

  for (const bad of ['app in (', 'app in web', '=x', 'app=a b', 'a,']) {
    it(`answers the labels \`${bad}\` with 400`, () => {
      assert.throws(
        () => parseLabelSelector(bad),
        (error: ApiError) => error.code === 400 && error.message.startsWith('unable to parse requirement'),
      );
    });
  }

  it('selects by the fields of a kind and refuses others', () => {
    const pods = resourceOf('v1', 'Pod');
    assert.equal(parseFieldSelector('metadata.name=web-1,status.phase!=Pending', pods)(object), true);
    assert.equal(parseFieldSelector('status.phase=Pending', pods)(object), false);
    assert.throws(() => parseFieldSelector('spec.x=1', pods), {
      message: /field label not supported: spec.x/,
    });
  });

  it('takes an empty Service selector for none and an empty LabelSelector for everything', () => {
    assert.equal(matchesLabels({}, object.metadata.labels), false);
    assert.equal(matchesSelector({}, object.metadata.labels), true);
    const expression = { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] };
    assert.equal(matchesSelector(expression, object.metadata.labels), false);
  });
});
