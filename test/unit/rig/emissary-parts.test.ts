import assert from 'node:assert/strict';
import { ChangeBatcher } from '../../../rig/emissary/change-batcher.ts';
import { compile } from '../../../rig/emissary/compile.ts';
import { routeInfo } from '../../../rig/emissary/diag.ts';
import { endpointsOf } from '../../../rig/emissary/endpoints.ts';
import { globsMeet } from '../../../rig/emissary/hosts.ts';
import { until } from '../../../rig/until.ts';

describe('ChangeBatcher', () => {
  it('facts/emissary.md 11: sends the first change at once and gathers further ones until the next beat', async () => {
    let sent = 0;
    const batcher = new ChangeBatcher(100, () => sent++);
    // Beats right after the batcher, however late both are.
    const sentAtBeat: number[] = [];
    const beat = setInterval(() => sentAtBeat.push(sent), 100);
    try {
      for (let i = 0; i < 5; i++) batcher.changed();
      assert.equal(sent, 1);
      await until('three beats', () => sentAtBeat.length >= 3, { everyMs: 10 });
      assert.deepEqual(sentAtBeat.slice(0, 3), [2, 2, 2], 'a beat without a change sends nothing');
      batcher.changed();
      assert.equal(sent, 3);
    } finally {
      clearInterval(beat);
      batcher.stop();
    }
  });
});

describe('globsMeet', () => {
  const rows: [a: string, b: string, meet: boolean][] = [
    ['a.x', 'a.x', true],
    ['a.x', 'b.x', false],
    ['*', 'a.x', true],
    ['*.x', 'a.x', true],
    ['*.x', '.x', false],
    ['*example.com', 'example.com', false],
    ['*example.com', '*.example.com', true],
    ['*.a.x', '*.b.x', false],
    ['foo.*', 'foo.x', true],
    ['foo.*', 'bar.x', false],
    ['foo.*', '*.x', true],
    ['*.x*', 'a.x', false],
  ];
  for (const [a, b, meet] of rows) {
    it(`${a} and ${b} ${meet ? 'meet' : 'do not meet'}`, () => {
      assert.equal(globsMeet(a, b), meet);
      assert.equal(globsMeet(b, a), meet);
    });
  }
});

describe('endpointsOf', () => {
  const service = {
    metadata: { name: 'app', namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
  const slice = (addresses: Record<string, object>) => ({
    metadata: { name: 'app-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'app' } },
    ports: [
      { name: 'http', port: 8080 },
      { name: 'metrics', port: 9090 },
    ],
    endpoints: Object.entries(addresses).map(([address, conditions]) => ({
      addresses: [address],
      conditions,
    })),
  });
  const ready = { ready: true, serving: true, terminating: false };
  const starting = { ready: false, serving: false, terminating: false };
  const draining = { ready: false, serving: true, terminating: true };
  const at = (host: string, port: number, ...slices: ReturnType<typeof slice>[]) =>
    endpointsOf({ host, port }, { services: [service], slices }, 'emissary').map(
      ({ address, port: number }) => `${address}:${number}`,
    );

  it('gives the ready pods of the Service’s port, on loopback', () => {
    const found = at(
      'app.shop',
      80,
      slice({ '10.244.0.5': ready, '10.244.0.6': starting, '10.244.0.7': draining }),
    );
    assert.deepEqual(found, ['127.244.0.5:8080']);
  });

  it('gives those that drain and still serve when no other is ready, as kube-proxy does', () => {
    assert.deepEqual(at('app.shop', 80, slice({ '10.244.0.6': starting, '10.244.0.7': draining })), [
      '127.244.0.7:8080',
    ]);
  });

  it('takes the long name of a Service, and looks for a bare one beside Emissary', () => {
    assert.equal(at('app.shop.svc.cluster.local', 80, slice({ '10.244.0.5': ready })).length, 1);
    assert.equal(at('app', 80, slice({ '10.244.0.5': ready })).length, 0);
  });

  it('gives nothing for a port that the Service does not have', () => {
    assert.deepEqual(at('app.shop', 81, slice({ '10.244.0.5': ready })), []);
  });
});

describe('routeInfo', () => {
  const spec = (service: string, weight?: number) => ({
    prefix: '/app/',
    hostname: 'app.x',
    service,
    ...(weight === undefined ? {} : { weight }),
  });
  const mapping = (name: string, weight?: number) => ({
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'shop' },
    spec: spec(name, weight),
  });
  const info = (...mappings: ReturnType<typeof mapping>[]) => {
    const { model } = compile(
      { mappings, hosts: [] },
      { ambassadorId: 'default', emissaryNamespace: 'emissary' },
    );
    return routeInfo(model, 'localhost') as unknown as {
      _route: { mappings: { name: string; _weight: number }[] };
      clusters: { weight: number }[];
      key: string;
      host: string;
    }[];
  };

  it('facts/emissary.md 11: holds both names with their running sums', () => {
    const [entry] = info(mapping('app'), mapping('app-canary', 10));
    assert.deepEqual(
      Object.fromEntries(entry?._route.mappings.map(({ name, _weight }) => [name, _weight]) ?? []),
      { 'app-canary': 10, app: 100 },
    );
    assert.equal(entry?.key, 'http://app.x/app/');
    assert.equal(entry?.host, 'app.x');
  });

  it('facts/emissary.md 11: clusters[].weight is what is declared, 100 if absent, and 100 for 0', () => {
    const weights = (canary: number) =>
      info(mapping('app'), mapping('app-canary', canary))[0]?.clusters.map(c => c.weight);
    assert.deepEqual(weights(10), [10, 100]);
    assert.deepEqual(weights(0), [100, 100]);
  });
});
