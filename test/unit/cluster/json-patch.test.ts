import assert from 'node:assert/strict';
import {
  failedTest,
  isDone,
  isRepeatable,
  valueAtPointer,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/json-patch.ts';

const object = {
  metadata: { resourceVersion: '7', labels: { 'a/b': 'x', 'c~d': 'y' } },
  spec: { weight: 5, list: ['p', 'q'] },
};
const version = { op: 'test', path: '/metadata/resourceVersion', value: '7' } as const;

describe('JSON patch', () => {
  it('follows pointers with escaped slashes and tildes, and into arrays', () => {
    assert.equal(valueAtPointer(object, '/metadata/labels/a~1b'), 'x');
    assert.equal(valueAtPointer(object, '/metadata/labels/c~0d'), 'y');
    assert.equal(valueAtPointer(object, '/spec/list/1'), 'q');
    assert.equal(valueAtPointer(object, '/spec/none/deeper'), undefined);
    assert.equal(valueAtPointer(object, ''), object);
    assert.equal(valueAtPointer(object, '/constructor'), undefined);
  });

  it('may be repeated where it sets or removes named fields', () => {
    assert.ok(isRepeatable([{ op: 'replace', path: '/spec/weight', value: 0 }]));
    assert.ok(
      isRepeatable([
        { op: 'add', path: '/metadata/labels/a~1b', value: 'z' },
        { op: 'remove', path: '/spec/weight' },
      ]),
    );
    assert.ok(isRepeatable([{ op: 'replace', path: '/spec/list/0', value: 'z' }]));
  });

  it('may not be repeated where it puts into or takes out of an array by position, but for a tested resourceVersion', () => {
    assert.ok(!isRepeatable([{ op: 'add', path: '/spec/list/-', value: 'r' }]));
    assert.ok(!isRepeatable([{ op: 'add', path: '/spec/list/0', value: 'r' }]));
    assert.ok(!isRepeatable([{ op: 'remove', path: '/spec/list/0' }]));
    assert.ok(isRepeatable([version, { op: 'add', path: '/spec/list/-', value: 'r' }]));
    assert.ok(
      !isRepeatable([
        { op: 'test', path: '/spec/weight', value: 5 },
        { op: 'remove', path: '/spec/list/0' },
      ]),
    );
  });

  it('names the test that fails', () => {
    assert.equal(failedTest(object, [version]), undefined);
    assert.equal(
      failedTest(object, [version, { op: 'test', path: '/spec/weight', value: 6 }]),
      '/spec/weight',
    );
    assert.equal(failedTest(undefined, [version]), '/metadata/resourceVersion');
  });

  it('sees what has been done already, whatever the server added by default', () => {
    assert.ok(isDone(object, [version, { op: 'replace', path: '/spec', value: { weight: 5 } }]));
    assert.ok(
      isDone(object, [
        { op: 'add', path: '/spec/list', value: ['p', 'q'] },
        { op: 'remove', path: '/spec/gone' },
      ]),
    );
    assert.ok(!isDone(object, [{ op: 'replace', path: '/spec/weight', value: 0 }]));
    assert.ok(!isDone(object, [{ op: 'replace', path: '/spec/list', value: ['p'] }]));
    assert.ok(!isDone(object, [{ op: 'remove', path: '/spec/weight' }]));
    assert.ok(!isDone(undefined, [{ op: 'replace', path: '/spec/weight', value: 0 }]));
  });
});
