import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import {
  duplicatesIn,
  largestManifestFile,
  mostDocumentsInFile,
  readManifests,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

const corpus = new URL('./corpus/', import.meta.url);

function textOf(file: string): string {
  return readFileSync(new URL(file, corpus), 'utf8');
}

/** What reading these files is refused with: `CODE sentence`, one a problem. */
function refusals(...files: { path: string; text: string }[]): string[] {
  try {
    readManifests(files);
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`);
  }
  return [];
}

const configMap = (name: string, rest = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${rest}`;

describe('Manifests that are read', () => {
  for (const file of readdirSync(new URL('accepted/', corpus))) {
    it(`reads ${file} as kubectl does`, () => {
      const expected: unknown = JSON.parse(textOf(`expected/${file.replace(/\.yaml$/, '')}.json`));
      const { documents } = readManifests([{ path: file, text: textOf(`accepted/${file}`) }]);
      assert.deepEqual(
        documents.map(({ object }) => object),
        expected,
      );
    });
  }

  const lines = [
    ['accepted/helm-output.yaml', [3, 16]],
    ['accepted/empty-documents.yaml', [5, 14]],
    ['accepted/list-in-list.yaml', [4, 10]],
    ['accepted/crlf.yaml', [1, 12]],
    ['accepted/byte-order-mark.yaml', [1, 6]],
    ['accepted/objects-in-a-row.json', [1, 2, 2]],
    ['accepted/carriage-return-too-many.yaml', [1]],
  ] as const;
  for (const [file, expected] of lines) {
    it(`knows at which lines the objects of ${file} begin`, () => {
      const { documents } = readManifests([{ path: file, text: textOf(file) }]);
      assert.deepEqual(
        documents.map(({ source }) => source),
        expected.map(line => ({ path: file, line })),
      );
    });
  }

  it('keeps the order of the files and of what is in them', () => {
    const { documents } = readManifests([
      { path: 'b.yaml', text: `${configMap('two')}---\n${configMap('one')}` },
      { path: 'a.yaml', text: configMap('three') },
    ]);
    assert.deepEqual(
      documents.map(({ object }) => object.metadata.name),
      ['two', 'one', 'three'],
    );
  });
});

describe('Manifests that are refused', () => {
  const bad = 'MANIFEST_INVALID';
  const table: Readonly<Record<string, readonly [line: number, reason: RegExp][]>> = {
    'Chart.yaml': [
      [1, /kind is missing.*Helm chart/],
      [1, /metadata\.name is missing/],
    ],
    'alias-bomb.yaml': [[6, /aliases repeat far too much/]],
    'alias-of-itself.yaml': [[6, /alias \*self contains itself/]],
    'alias-without-anchor.yaml': [[6, /alias \*nobody has no anchor before it/]],
    'anchor-that-kubectl-cuts.yaml': [[6, /the name of an anchor has other characters/]],
    'binary-tag.yaml': [[6, /!!binary/]],
    'control-character.yaml': [[6, /control character U\+0001/]],
    'decimal-key-that-would-change.yaml': [[6, /the key 1\.10 is a number/]],
    'document-is-a-list.yaml': [[1, /must be a mapping, not a list/]],
    'document-is-text.yaml': [[6, /must be a mapping, not text$/]],
    'duplicate-key-as-kubectl-reads-it.yaml': [[5, /the key "true" is there twice/]],
    'duplicate-key.json': [[5, /the key "kind" is there twice/]],
    'duplicate-key.yaml': [[8, /the key "a" is there twice/]],
    'generate-name.yaml': [[5, /generateName/]],
    'helm-template-that-is-valid-yaml.yaml': [[4, /template of a Helm chart/]],
    'helm-template.yaml': [[1, /template of a Helm chart/]],
    'infinity.yaml': [[6, /\.inf is not a number/]],
    'kustomization.yaml': [[1, /metadata\.name is missing.*kubectl kustomize/]],
    'labels-are-no-text.yaml': [
      [6, /commit in metadata\.labels must be text/],
      [7, /on-call in metadata\.labels must be text, not the boolean true/],
    ],
    'list-with-bad-items.yaml': [
      [9, /metadata\.name is missing/],
      [10, /item of a List is empty/],
    ],
    'list-with-items-that-are-no-list.yaml': [[3, /items of a List must be a list, not a mapping/]],
    'merge-key-of-text.yaml': [[6, /<< takes a mapping/]],
    'metadata-is-text.yaml': [[3, /metadata must be a mapping, not text$/]],
    'missing-api-version.yaml': [[1, /apiVersion is missing/]],
    'missing-kind.yaml': [[1, /kind is missing/]],
    'missing-metadata.yaml': [[1, /metadata\.name is missing/]],
    'missing-name.yaml': [[6, /metadata\.name is missing/]],
    'name-is-a-number.yaml': [[4, /metadata\.name must be text, not the number 12345000000/]],
    'null-key.yaml': [[6, /a key is null/]],
    'number-too-large.json': [[2, /a number is too large/]],
    'number-too-large.yaml': [[6, /an integer is too large/]],
    'problem-beside-a-template-in-data.yaml': [[7, /the key "slack\.tmpl" is there twice/]],
    'problem-in-an-anchor.yaml': [[6, /the key "a" is there twice/]],
    'problems-in-a-secret.yaml': [
      [5, /not valid YAML: Block scalar header includes extra characters$/],
      [11, /an integer is too large/],
      [12, /must be a mapping, not text$/],
    ],
    'several-problems.yaml': [
      [1, /apiVersion is missing/],
      [1, /metadata\.name is missing/],
      [7, /the key "a" is there twice/],
      [9, /metadata\.name is missing/],
    ],
    'tab-as-indentation.yaml': [[6, /Tabs are not allowed as indentation/]],
    'token-as-whole-value.yaml': [[6, /#\{Db\.Password\}# in stringData\.password/]],
    'token-in-braces.yaml': [[4, /token \{\{ name \}\}/]],
    'token-in-image.yaml': [
      [5, /\$\{VERSION\} in metadata\.labels\.version/],
      [13, /\{\{ tag \}\} in .*initContainers\.0\.image/],
      [16, /\$\(Build\.BuildId\) in .*containers\.0\.image/],
    ],
    'token-in-mapping.yaml': [
      [6, /#\{Domain\}# in spec\.hostname/],
      [8, /\$\(Namespace\) in spec\.service/],
    ],
    'token-in-name.yaml': [[4, /#\{Environment\}# in metadata\.name of /]],
    'token-that-became-a-comment.yaml': [
      [6, /#\{Replicas\}# was not replaced, and YAML takes it for a comment/],
    ],
    'trailing-comma.json': [[2, /not valid JSON: a key in double quotes is missing/]],
    'unclosed-quote.yaml': [[6, /Missing closing "quote/]],
  };

  it('has every file of the corpus in its table', () => {
    assert.deepEqual(readdirSync(new URL('refused/', corpus)).sort(), Object.keys(table).sort());
  });

  for (const [file, problems] of Object.entries(table)) {
    it(`refuses ${file}, naming the line`, () => {
      const told = refusals({ path: file, text: textOf(`refused/${file}`) });
      assert.equal(told.length, problems.length, told.join('\n'));
      for (const [index, [line, reason]] of problems.entries()) {
        assert.ok(told[index]?.startsWith(`${bad} ${file}:${line}: `), told[index]);
        assert.match(told[index] ?? '', reason);
      }
    });
  }

  it('tells the problems of all files together', () => {
    const told = refusals(
      { path: 'a.yaml', text: 'a: [' },
      { path: 'b.yaml', text: configMap('x') },
      { path: 'c.yaml', text: 'kind: Pod' },
      { path: 'd.yaml', text: configMap('x') },
    );
    assert.deepEqual(
      told.map(line => line.slice(0, line.indexOf(':'))),
      [
        `${bad} a.yaml`,
        `${bad} c.yaml`,
        `${bad} c.yaml`,
        'MANIFEST_DUPLICATE ConfigMap x is there more than once',
      ],
    );
  });

  it('names all the places of an object that is there more than once', () => {
    const apps = (version: string) =>
      `apiVersion: ${version}\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n`;
    assert.deepEqual(
      refusals(
        { path: 'a.yaml', text: apps('apps/v1') },
        { path: 'b.yaml', text: `---\n${apps('apps/v1beta2')}` },
      ),
      [
        'MANIFEST_DUPLICATE Deployment shop/web is there more than once: a.yaml:1 and b.yaml:2. Keep one of them, or leave a file out with a line such as !path/to/file.yaml',
      ],
    );
  });

  it('finds duplicates again once namespaces are known', () => {
    const { documents } = readManifests([
      { path: 'a.yaml', text: configMap('x') },
      { path: 'b.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop}\n' },
    ]);
    const placed = documents.map(document => ({
      ...document,
      object: { ...document.object, metadata: { ...document.object.metadata, namespace: 'shop' } },
    }));
    assert.deepEqual(
      duplicatesIn(placed).map(({ code }) => code),
      ['MANIFEST_DUPLICATE'],
    );
  });

  it('tells no more than twenty problems of a file', () => {
    const told = refusals({ path: 'a.yaml', text: 'kind: Pod\napiVersion: v1\n---\n'.repeat(30) });
    assert.equal(told.length, 21);
    assert.equal(told.at(-1), `${bad} a.yaml: and 10 problems more`);
  });

  it('tells of hundreds of thousands of problems in a file as of twenty', () => {
    const many = 150_000;
    const labels = Array.from({ length: many }, (_, i) => `"k${i}": 1`).join(', ');
    const metadata = `"metadata": {"name": "x", "labels": {${labels}}}`;
    const twice = '"a": 1, '.repeat(many);
    const told = refusals(
      { path: 'a.json', text: `{"apiVersion": "v1", "kind": "Pod", ${metadata}}` },
      { path: 'b.json', text: `{${twice}"b": 1}` },
    );
    assert.deepEqual(
      told.filter(line => line.includes('problems more')),
      [`${bad} a.json: and ${many - 20} problems more`, `${bad} b.json: and ${many - 21} problems more`],
    );
  }).timeout(10_000);

  it('does not look for the end of a token all over a text that only has beginnings', () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {a: "${'{{'.repeat(200_000)}"}}\n`;
    assert.deepEqual(refusals({ path: 'a.yaml', text }), []);
    const nulls = configMap('z', `data: [${'{a: },'.repeat(30_000)}]\n`);
    assert.deepEqual(refusals({ path: 'a.yaml', text: nulls }), []);
  }).timeout(10_000);

  it('refuses a file of more than 32 MiB', () => {
    assert.deepEqual(refusals({ path: 'a.yaml', text: 'x'.repeat(largestManifestFile + 1) }), [
      `${bad} a.yaml:1: it is larger than 32 MiB`,
    ]);
  });

  it('refuses a YAML document of more than 8 MiB, though the file may be larger', () => {
    const megabyte = `data:\n  a: ${'x'.repeat(1024 * 1024)}\n`;
    const nine = Array.from({ length: 9 }, (_, i) => configMap(`c${i}`, megabyte)).join('---\n');
    assert.deepEqual(refusals({ path: 'a.yaml', text: nine }), []);
    const told = refusals({
      path: 'a.yaml',
      text: `${configMap('y')}---\n${configMap('x', megabyte.repeat(9))}`,
    });
    assert.match(told[0] ?? '', /a\.yaml:4: a YAML document of more than 8 MiB/);
  });

  it('refuses a file of more than 20000 objects or documents', () => {
    const items = Array.from({ length: mostDocumentsInFile + 1 }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c${i}` },
    }));
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const separators = { path: 'b.yaml', text: '---\n'.repeat(mostDocumentsInFile + 2) };
    assert.deepEqual(refusals(separators), [`${bad} b.yaml:1: it holds more than 20000 documents`]);
    assert.deepEqual(refusals({ path: 'a.json', text: list }), [
      `${bad} a.json:1: it holds more than 20000 documents`,
    ]);
  });

  it('refuses what is nested without an end, in YAML and in JSON', () => {
    const [open, close] = ['['.repeat(20_000), ']'.repeat(20_000)];
    const told = refusals(
      { path: 'a.yaml', text: configMap('x', `deep: ${open}${close}\n`) },
      { path: 'b.json', text: `{"deep": ${open}${close}}` },
      { path: 'c.yaml', text: configMap('y', `deep: ${'['.repeat(600)}${']'.repeat(600)}\n`) },
    );
    assert.equal(told.length, 3);
    assert.match(told[0] ?? '', /a\.yaml:4: it is nested too deeply/);
    assert.match(told[1] ?? '', /b\.json:1: .*nested more than 500 levels/);
    assert.match(told[2] ?? '', /c\.yaml:4: .*nested more than 500 levels/);
  });
});
