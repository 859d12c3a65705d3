import assert from 'node:assert/strict';
import { ConfigError, containerEnvironment } from '../../../rig/kubelet/environment.ts';
import { resolveImage } from '../../../rig/kubelet/images.ts';
import type { ContainerSpec, Pod } from '../../../rig/kubelet/pod.ts';

class Configs {
  readonly maps: Record<string, Record<string, string>> = { settings: { color: 'red', size: 'big' } };
  readonly secrets: Record<string, Record<string, string>> = { login: { user: 'me' } };

  async configMap(_namespace: string, name: string) {
    return this.maps[name];
  }
  async secret(_namespace: string, name: string) {
    return this.secrets[name];
  }
}

const pod: Pod = {
  metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { app: 'web' } },
  spec: { restartPolicy: 'Always', nodeName: 'n', containers: [] },
};

describe('the environment of a container', () => {
  const environment = (container: Partial<ContainerSpec>) =>
    containerEnvironment(
      { name: 'app', image: 'x', ...container },
      pod,
      { podIP: '10.244.0.1', hostIP: '127.0.0.1' },
      new Configs(),
    );

  it('has plain values, fields of the pod, and keys of ConfigMaps and Secrets', async () => {
    const env = [
      { name: 'PLAIN', value: '1' },
      { name: 'EMPTY' },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      { name: 'USER', valueFrom: { secretKeyRef: { name: 'login', key: 'user' } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'gone', key: 'user', optional: true } } },
    ];
    assert.deepEqual(await environment({ env }), {
      PLAIN: '1',
      EMPTY: '',
      NAME: 'p',
      IP: '10.244.0.1',
      APP: 'web',
      COLOR: 'red',
      USER: 'me',
    });
  });

  it('lets env win over envFrom, and replaces $(NAME) but not $$(NAME)', async () => {
    const found = await environment({
      envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'LOGIN_', secretRef: { name: 'login' } }],
      env: [
        { name: 'color', value: 'blue' },
        { name: 'TEXT', value: '$(color) $$(color) $(unknown) $(LOGIN_user)' },
      ],
    });
    assert.deepEqual(found, {
      color: 'blue',
      size: 'big',
      LOGIN_user: 'me',
      TEXT: 'blue $(color) $(unknown) me',
    });
  });

  it('names what is missing as a kubelet does', async () => {
    const reference = (name: string, key: string) => ({
      env: [{ name: 'X', valueFrom: { configMapKeyRef: { name, key } } }],
    });
    await assert.rejects(
      environment(reference('gone', 'color')),
      new ConfigError('configmap "gone" not found'),
    );
    await assert.rejects(
      environment(reference('settings', 'weight')),
      new ConfigError("couldn't find key weight in configmap shop/settings"),
    );
    await assert.rejects(
      environment({ envFrom: [{ secretRef: { name: 'gone' } }] }),
      new ConfigError('secret "gone" not found'),
    );
  });
});

describe('the image of a container', () => {
  it('is found by the last segment of its repository and carries its tag as version', () => {
    for (const [image, version] of [
      ['sample-app', 'latest'],
      ['registry.example.com:5000/team/sample-app:1.2.3', '1.2.3'],
      ['x/sample-app@sha256:abc', 'sha256:abc'],
      ['x/sample-app:2@sha256:abc', '2'],
    ] as const) {
      const found = resolveImage(image);
      assert.ok(found.kind === 'program', image);
      assert.equal(found.env.VERSION, version);
    }
  });

  it('is unavailable with an unknown name, and with a tag that says so', () => {
    for (const image of [
      'nginx',
      'x/sample-app-2:1',
      'sample-app/other:1',
      'x/sample-app:1-missing',
      'constructor',
    ]) {
      const found = resolveImage(image);
      assert.ok(found.kind === 'unavailable', image);
      assert.ok(found.message.endsWith(`${image}: not found`));
    }
  });
});
