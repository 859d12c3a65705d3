import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import type { Metafile } from 'esbuild';
import { bundleProblems, bytesByPackage } from '../../scripts/bundle-report.ts';
import { taskVersion } from '../../scripts/stage.ts';
import { vsixFiles, vsixProblems } from '../../scripts/vsix.ts';
import { readZip, writeZip } from '../../scripts/zip.ts';

/** A metafile with one output, of these inputs with their bytes in it. */
function metafileOf(inputs: Readonly<Record<string, number>>): Metafile {
  const outputInputs = Object.fromEntries(
    Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
  );
  return {
    inputs: {},
    outputs: { 'out.js': { bytes: 0, imports: [], exports: [], inputs: outputInputs } },
  };
}

describe('what goes into the bundle', () => {
  it('is counted by the innermost package', () => {
    const metafile = metafileOf({
      'src/main.ts': 5,
      'src/guard.ts': 6,
      'node_modules/@kubernetes/client-node/dist/config.js': 3,
      'node_modules/@kubernetes/client-node/node_modules/js-yaml/index.js': 40,
    });
    assert.deepEqual(bytesByPackage(metafile, 'out.js'), [
      { name: 'js-yaml', bytes: 40 },
      { name: 'our own sources', bytes: 11 },
      { name: '@kubernetes/client-node', bytes: 3 },
    ]);
  });

  it('is fine with one task-lib and with what KubeConfig needs', () => {
    const metafile = metafileOf({
      'node_modules/azure-pipelines-task-lib/task.js': 1,
      'node_modules/azure-pipelines-task-lib/vault.js': 1,
      'node_modules/@kubernetes/client-node/dist/config.js': 1,
      'node_modules/@kubernetes/client-node/dist/gen/models/V1Pod.js': 0,
    });
    assert.deepEqual(bundleProblems(metafile), []);
  });

  it('must not hold task-lib twice, which would lose the secrets', () => {
    const [problem, ...more] = bundleProblems(
      metafileOf({
        'node_modules/azure-pipelines-task-lib/task.js': 1,
        'node_modules/azure-pipelines-tool-lib/node_modules/azure-pipelines-task-lib/task.js': 1,
      }),
    );
    assert.match(String(problem), /azure-pipelines-task-lib 2 times/);
    assert.deepEqual(more, []);
  });

  it('must not hold models of client-node', () => {
    const path = 'node_modules/@kubernetes/client-node/dist/gen/models/V1Pod.js';
    assert.match(String(bundleProblems(metafileOf({ [path]: 9 }))), /V1Pod/);
  });
});

describe('taskVersion', () => {
  it('gives the version in numbers, as the agent wants it', () => {
    assert.deepEqual(taskVersion('1.20.3'), { Major: 1, Minor: 20, Patch: 3 });
  });

  for (const version of ['1.2', '1.2.3-rc.1', '']) {
    it(`refuses ${version}, and says what it found`, () => {
      assert.throws(() => taskVersion(version), new RegExp(`found ${version}`));
    });
  }
});

describe('a zip archive', () => {
  const entries = [
    { path: 'b/Grüße.txt', content: Buffer.from('hello '.repeat(1000)) },
    { path: 'a.bin', content: Buffer.from([0, 1, 2, 255]) },
    { path: 'empty', content: Buffer.alloc(0) },
  ];

  it('is read as it was written', () => {
    assert.deepEqual(readZip(writeZip(entries)), entries);
  });

  it('carries the first date that there is, so that its bytes do not depend on the day', () => {
    assert.deepEqual([...writeZip(entries).subarray(10, 14)], [0, 0, 0x21, 0]);
  });

  it('is refused when a byte of its content has changed, or when it is none', () => {
    const damaged = writeZip([{ path: 'a', content: Buffer.from('content') }]);
    damaged.writeUInt8(damaged.readUInt8(33) ^ 0x40, 33);
    assert.throws(() => readZip(damaged));
    assert.throws(() => readZip(Buffer.from('no archive')), /no zip archive/);
  });
});

describe('the content of the vsix', () => {
  const good = vsixFiles.map(path => ({ path, content: Buffer.from('text') }));

  it('is fine with exactly the files that ship', () => {
    assert.deepEqual(vsixProblems(good), []);
  });

  it('must not lack a file', () => {
    assert.deepEqual(vsixProblems(good.slice(1)), [`${vsixFiles[0]} is missing`]);
  });

  it('must not hold a file that nobody listed', () => {
    const extra = { path: 'tasks/AmbassadorCanary/AmbassadorCanaryV1/.taskkey', content: Buffer.from('x') };
    assert.match(String(vsixProblems([...good, extra])), /\.taskkey is not expected/);
  });

  it('must not name folders of the machine that built it, nor a source map', () => {
    const [first, ...others] = good;
    const content = Buffer.from(`x("${homedir()}/project/src/main.ts")\n//# sourceMappingURL=step.js.map`);
    const problems = vsixProblems([{ path: String(first?.path), content }, ...others]);
    assert.equal(problems.length, 2);
    assert.match(String(problems[0]), /a folder of the machine/);
    assert.match(String(problems[1]), /source map/);
  });
});
