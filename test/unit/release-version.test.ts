import assert from 'node:assert/strict';
import { taskDigest, versionProblems, versionProblemsHere } from '../../scripts/release-version.ts';

describe('the version', () => {
  const published = [
    { version: '1.9.0', task: taskDigest('nine') },
    { version: '1.10.0', task: taskDigest('ten') },
  ];
  const changelog = '# Changes\n\n## 1.10.1\n\n## 1.10.0\n\n## 1.9.1\n';

  it('of this checkout may be published', async () => {
    assert.deepEqual(await versionProblemsHere(), []);
  });

  it('must rise when task.json has changed since it was published, for agents keep what they have', () => {
    assert.deepEqual(versionProblems('1.10.0', taskDigest('ten'), published, changelog), []);
    assert.match(
      versionProblems('1.10.0', taskDigest('changed'), published, changelog).join(),
      /^task\.json has changed since 1\.10\.0 was published/,
    );
    assert.deepEqual(versionProblems('1.10.1', taskDigest('changed'), published, changelog), []);
  });

  it('must not be older than one that is out, by its numbers and not by its letters', () => {
    assert.deepEqual(versionProblems('1.9.1', taskDigest('x'), published, changelog), [
      '1.10.0 is published, which is newer than 1.9.1',
    ]);
  });

  it('has an entry in the change log', () => {
    assert.deepEqual(versionProblems('2.0.0', taskDigest('x'), published, changelog), [
      'CHANGELOG.md has no heading `## 2.0.0`',
    ]);
  });

  it('is one with the same text under Windows line ends', () => {
    assert.equal(taskDigest('{\r\n}\r\n'), taskDigest('{\n}\n'));
  });
});
