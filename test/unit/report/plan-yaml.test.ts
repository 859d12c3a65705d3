import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import type { PlannedObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/planned-objects.ts';
import { readManifests } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { planYaml } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-yaml.ts';

const object = (name: string, rest: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...rest,
});
const planned = (...objects: readonly KubeObject[]): readonly PlannedObject[] =>
  objects.map(one => ({ when: 'start', verb: 'create', object: one }));
/** As kubectl reads it, and as a strict reader of either version of YAML does. */
function readings(text: string): readonly unknown[] {
  const ours = readManifests([{ path: 'plan.yaml', text }]).documents.map(({ object: read }) => read);
  const others = (['1.1', '1.2'] as const).map(version =>
    parseAllDocuments(text, { version, strict: true }).map(document => {
      assert.deepEqual(document.errors, []);
      return document.toJS();
    }),
  );
  return [ours, ...others];
}

describe('the objects of a plan as YAML', () => {
  const treacherous = [
    'yes',
    'on',
    'n',
    'null',
    '~',
    '',
    ' a',
    'a ',
    '0o17',
    '017',
    '0x1F',
    '1e3',
    '1_000',
    '12:30:45',
    '.5',
    '-.inf',
    '2001-01-01',
    '=',
    '<<',
    '#',
    'a: b',
    'a #b',
    '- a',
    '---',
    '--- a',
    '...',
    '%YAML 1.2',
    '@a',
    '`a',
    '*a',
    '&a',
    '!a',
    '|',
    '>',
    '{}',
    '[]',
    '"',
    "'",
    '\\',
    '\t',
    'a\n',
    'a\nb',
    '\na',
    'a\r\nb',
    'a\n\n',
    '---\na: b\n',
    '\u0007',
    '\u007f',
    'a\u0085\n\u200b\u202e',
    '\u2028',
  ];

  it('are read as they were by every reader, also text that looks like something else', () => {
    // As a key it means to take over another map, and no server has such a field.
    const keys = Object.fromEntries(treacherous.filter(text => text !== '<<').map(text => [text, 1]));
    const objects = [
      object('values', { data: Object.fromEntries(treacherous.map((text, index) => [`k${index}`, text])) }),
      object('list', { spec: { args: treacherous, n: [1, 0.5, -1, 0, true, false] } }),
      object('keys', { data: keys }),
    ];
    const text = planYaml(planned(...objects));
    for (const read of readings(text)) assert.deepEqual(read, objects);
  });

  it('are read as they were, whatever JSON they hold', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...treacherous));
    const key = text.filter(name => name !== '__proto__' && name !== '<<');
    const values = [text, fc.integer(), fc.boolean(), fc.constant(null)];
    const json = fc.object({ key, values, maxDepth: 3, withObjectString: false });
    fc.assert(
      fc.property(json, data => {
        const objects = ['a', 'b'].map(name => JSON.parse(JSON.stringify(object(name, { data }))));
        for (const read of readings(planYaml(planned(...objects)))) {
          assert.deepEqual(JSON.parse(JSON.stringify(read)), objects);
        }
      }),
    );
  });

  it('hold no text that the agent would take for a command, where a step prints the file', () => {
    const evil = '##vso[task.setvariable variable=a]b ###VSO[task.x]y ##[error]red \\##[section]';
    const one = object('evil', { data: { [evil]: evil, lines: `a\n${evil}\n` } });
    const text = planYaml(planned(one));
    assert.doesNotMatch(text, /##(vso)?\[/i);
    for (const [read] of readings(text) as readonly (readonly unknown[])[]) assert.deepEqual(read, one);
  });

  it('say when each is applied, and leave out what is removed', () => {
    const text = planYaml([
      { when: 'start', verb: 'create', object: object('a', {}) },
      { when: 'promotion', verb: 'change', object: object('b', {}) },
      { when: 'end', verb: 'remove', object: object('a', {}) },
    ]);
    assert.match(
      text,
      /---\n# before the first weight.*\napiVersion: v1\nkind: ConfigMap\nmetadata:\n {2}name: a\n---\n# at promotion\n/,
    );
    assert.equal(text.match(/^---$/gm)?.length, 2);
  });

  it('are valid YAML also where there are none', () => {
    assert.deepEqual(
      parseAllDocuments(planYaml([])).flatMap(document => document.toJS() ?? []),
      [],
    );
  });
});
