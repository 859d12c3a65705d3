import assert from 'node:assert/strict';
import { replaceImages } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/image-replacement.ts';
import type { ManifestDocument } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ImageChoice } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';

type Containers = Readonly<Record<string, string | undefined>>;

function listOf(containers: Containers): object[] {
  return Object.entries(containers).map(([name, image]) => ({
    name,
    args: ['x'],
    ...(image ? { image } : {}),
  }));
}

function workload(kind: string, containers: Containers, init: Containers = {}): KubeObject {
  const podSpec = { containers: listOf(containers), initContainers: listOf(init), restartPolicy: 'Always' };
  const template = { metadata: { labels: { app: 'web' } }, spec: podSpec };
  const group = kind === 'Pod' ? 'v1' : kind.endsWith('Job') ? 'batch/v1' : 'apps/v1';
  const specs: Readonly<Record<string, object>> = {
    Pod: podSpec,
    CronJob: { schedule: '* * * * *', jobTemplate: { spec: { template } } },
  };
  return {
    apiVersion: group,
    kind,
    metadata: { name: 'web', namespace: 'shop' },
    spec: specs[kind] ?? { template },
  };
}

function documentsOf(...objects: KubeObject[]): ManifestDocument[] {
  return objects.map((object, index) => ({ object, source: { path: 'a.yaml', line: index + 1 } }));
}

function choicesOf(...lines: string[]): ImageChoice[] {
  return lines.map(line => {
    const [container, image] = line.includes('=') ? line.split('=') : [undefined, line];
    return { image: image ?? '', ...(container === undefined ? {} : { container }) };
  });
}

/** All images of the result, by container. */
function imagesOf(documents: readonly ManifestDocument[]): Record<string, unknown> {
  const images: Record<string, unknown> = {};
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    if ('args' in value) images[String(valueAt(value, 'name'))] = valueAt(value, 'image');
    for (const item of Object.values(value)) walk(item);
  };
  for (const { object } of documents) walk(object);
  return images;
}

function refusals(documents: ManifestDocument[], choices: ImageChoice[]): string[] {
  try {
    replaceImages(documents, choices);
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`);
  }
  return [];
}

describe('replaceImages', () => {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod']) {
    it(`finds the containers of a ${kind}`, () => {
      const { documents } = replaceImages(
        documentsOf(workload(kind, { app: 'repo/app:1', log: 'repo/log:1' })),
        choicesOf('repo/app:2'),
      );
      assert.deepEqual(imagesOf(documents), { app: 'repo/app:2', log: 'repo/log:1' });
    });
  }

  it('changes nothing but the image', () => {
    const before = workload('Deployment', { app: 'repo/app:1' });
    const copy = structuredClone(before);
    const { documents } = replaceImages(documentsOf(before), choicesOf('repo/app:2'));
    const expected = JSON.parse(JSON.stringify(copy).replace('repo/app:1', 'repo/app:2')) as object;
    assert.deepEqual(documents[0]?.object, expected);
    assert.deepEqual(before, copy);
  });

  it('changes every container with the repository, init containers too', () => {
    const object = workload(
      'Deployment',
      { app: 'repo/app:1', worker: `repo/app:0@sha256:${'a1'.repeat(32)}`, old: 'repo/app' },
      { init: 'docker.io/repo/app' },
    );
    const { documents, matches } = replaceImages(documentsOf(object), choicesOf('repo/app:2'));
    assert.deepEqual(imagesOf(documents), {
      app: 'repo/app:2',
      worker: 'repo/app:2',
      old: 'repo/app:2',
      init: 'repo/app:2',
    });
    assert.deepEqual(
      matches.map(({ container, init, from }) => [container, init, from]),
      [
        ['app', false, 'repo/app:1'],
        ['worker', false, `repo/app:0@sha256:${'a1'.repeat(32)}`],
        ['old', false, 'repo/app'],
        ['init', true, 'docker.io/repo/app'],
      ],
    );
  });

  it('matches a container by its name, whatever its image, in every workload', () => {
    const objects = [
      workload('Deployment', { app: 'PLACEHOLDER', log: 'repo/log:1' }),
      workload('Job', { app: undefined }),
    ];
    const { documents, matches } = replaceImages(
      documentsOf(...objects),
      choicesOf('app=registry:5000/app:2'),
    );
    assert.equal(valueAt(documents[0]?.object, 'spec', 'template', 'spec', 'restartPolicy'), 'Always');
    assert.deepEqual(imagesOf(documents.slice(0, 1)), { app: 'registry:5000/app:2', log: 'repo/log:1' });
    assert.deepEqual(imagesOf(documents.slice(1)), { app: 'registry:5000/app:2' });
    assert.deepEqual(
      matches.map(({ workload, from }) => [workload.kind, from]),
      [
        ['Deployment', 'PLACEHOLDER'],
        ['Job', undefined],
      ],
    );
  });

  it('hands back the very same document where nothing changes', () => {
    const documents = documentsOf(workload('Deployment', { app: 'repo/app:2' }), {
      apiVersion: 'example.com/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { image: 'repo/app:1' },
    });
    const result = replaceImages(documents, choicesOf('repo/app:2'));
    assert.equal(result.documents[0], documents[0]);
    assert.equal(result.documents[1], documents[1]);
    assert.equal(result.matches.length, 1);
  });

  it('leaves another registry, another path and a longer name alone', () => {
    const containers = {
      a: 'other.io/app:1',
      b: 'repo.io/team/app:1',
      c: 'repo.io/app-2:1',
      d: 'repo.io/app:1',
    };
    const { documents } = replaceImages(documentsOf(workload('Pod', containers)), choicesOf('repo.io/app:2'));
    assert.deepEqual(imagesOf(documents), { ...containers, d: 'repo.io/app:2' });
  });

  it('leaves ephemeral containers alone', () => {
    const pod = { ...workload('Pod', { app: 'repo/app:1' }) };
    const spec = {
      ...(pod.spec as object),
      ephemeralContainers: [{ name: 'debug', args: [], image: 'repo/app:1' }],
    };
    const { documents } = replaceImages(documentsOf({ ...pod, spec }), choicesOf('repo/app:2'));
    assert.deepEqual(imagesOf(documents), { app: 'repo/app:2', debug: 'repo/app:1' });
  });

  it('refuses a choice that matches nothing, and says what there is', () => {
    const documents = documentsOf(workload('Deployment', { app: 'repo/app:1' }, { init: undefined }));
    const [byImage, byName] = refusals(documents, choicesOf('repo/ap:2', 'web=repo/app:2'));
    const there = 'found app=repo/app:1 in Deployment shop/web, init=(no image) in Deployment shop/web';
    assert.match(
      byImage ?? '',
      /^IMAGE_UNMATCHED containers: no container matches the repository of repo\/ap:2/,
    );
    assert.match(
      byName ?? '',
      /^IMAGE_UNMATCHED containers: no container matches the container name of web=repo\/app:2/,
    );
    assert.ok(byImage?.includes(there) && byName?.includes(there));
  });

  it('says so where there are no containers at all', () => {
    assert.match(refusals([], choicesOf('repo/app:2'))[0] ?? '', /found no containers in the manifests/);
  });

  it('refuses two choices for one container', () => {
    const documents = documentsOf(workload('Deployment', { app: 'repo/app:1' }));
    const [told, ...more] = refusals(documents, choicesOf('repo/app:2', 'app=repo/app:3'));
    assert.match(
      told ?? '',
      /^INPUT_INVALID containers: repo\/app:2 and app=repo\/app:3 both match container app of Deployment shop\/web/,
    );
    assert.equal(more.length, 0);
  });

  it('refuses choices that are no images, together with those that match nothing', () => {
    const told = refusals(
      documentsOf(workload('Pod', { app: 'repo/app:1' })),
      choicesOf('repo/app:', 'repo/x:1'),
    );
    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /^INPUT_INVALID containers: repo\/app: is not an image, "" is not a tag/);
    assert.match(told[1] ?? '', /^IMAGE_UNMATCHED/);
  });
});
