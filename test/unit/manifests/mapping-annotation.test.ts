import assert from 'node:assert/strict';
import { readAnnotation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-annotation.ts';
import {
  type MappingObject,
  mappingKey,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function service(text: string | undefined, labels?: Readonly<Record<string, string>>): KubeObject {
  const annotations = text === undefined ? {} : { 'getambassador.io/config': text };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', annotations, ...(labels && { labels }) },
  };
}
const read = (text: string, labels?: Readonly<Record<string, string>>) =>
  readAnnotation(service(text, labels)).objects;

describe('a Mapping in an annotation (facts/emissary.md 9)', () => {
  it('has its fields flat, and is in the namespace and under the labels of its Service', () => {
    const text =
      'apiVersion: getambassador.io/v2\nkind: Mapping\nname: web_mapping\nprefix: /\nservice: web\nweight: 5\n';
    assert.deepEqual(read(text, { app: 'web' }), [
      {
        apiVersion: 'getambassador.io/v2',
        kind: 'Mapping',
        metadata: { name: 'web_mapping', namespace: 'shop', labels: { app: 'web' } },
        spec: { prefix: '/', service: 'web', weight: 5 },
        annotatedOn: { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop', position: 1 },
      },
    ]);
  });

  it('may say metadata and spec, and a flat field wins over them', () => {
    const text = [
      'apiVersion: ambassador/v2',
      'kind: Mapping',
      'metadata: {name: a, namespace: other, labels: {of: mine}}',
      'spec: {prefix: /a/, service: web.shop}',
      'prefix: /b/',
    ].join('\n');
    const [mapping] = read(text, { app: 'web' });
    assert.equal(mapping?.apiVersion, 'getambassador.io/v2');
    assert.deepEqual(mapping?.metadata, { name: 'a', namespace: 'other', labels: { of: 'mine' } });
    assert.deepEqual(mapping?.spec, { prefix: '/b/', service: 'web.shop' });
  });

  it('takes metadata_labels for its labels', () => {
    const text =
      'apiVersion: getambassador.io/v2\nkind: Mapping\nname: a\nprefix: /\nservice: web\nmetadata_labels: {host: www}\n';
    assert.deepEqual(read(text, { app: 'web' })[0]?.metadata.labels, { host: 'www' });
  });

  it('goes by its Service and its place among the documents, others counted', () => {
    const text = [
      '---',
      'apiVersion: getambassador.io/v2\nkind: Module\nname: ambassador',
      '---',
      '# nothing here',
      '---',
      'apiVersion: getambassador.io/v2\nkind: Mapping\nname: z\nprefix: /\nservice: web',
      '---',
      'apiVersion: getambassador.io/v2\nkind: TCPMapping\nname: t\nport: 1\nservice: web',
      '---',
      'apiVersion: getambassador.io/v3alpha1\nkind: Mapping\nname: a\nprefix: /\nservice: web',
    ].join('\n');
    const objects = read(text);
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ['Mapping z', 'TCPMapping t', 'Mapping a'],
    );
    assert.deepEqual(
      objects.map(object => mappingKey(object as unknown as MappingObject)),
      ['web.shop.2', 'web.shop.3', 'web.shop.4'],
    );
  });

  it('may be JSON', () => {
    const text = JSON.stringify({
      apiVersion: 'getambassador.io/v2',
      kind: 'Mapping',
      name: 'a',
      prefix: '/',
    });
    assert.equal(read(text)[0]?.metadata.name, 'a');
  });

  it('is ignored, and told, in a version that Emissary does not know', () => {
    const text = 'apiVersion: ambassador/v0\nkind: Mapping\nname: old\nprefix: /\nservice: web\n';
    assert.deepEqual(readAnnotation(service(text)), {
      objects: [],
      ignored: ['Mapping old: its apiVersion is ambassador/v0'],
    });
  });

  it('is lost with all others where one of them is no YAML', () => {
    const reading = readAnnotation(
      service('apiVersion: getambassador.io/v2\nkind: Mapping\nname: a\n---\nname: [\n'),
    );
    assert.deepEqual(reading.objects, []);
    assert.match(reading.unreadable ?? '', /^line \d: not valid YAML/);
  });

  it('is none where there is no annotation', () => {
    assert.deepEqual(readAnnotation(service(undefined)), { objects: [], ignored: [] });
  });
});
