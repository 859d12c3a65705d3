import assert from 'node:assert/strict';
import { findEmissaryAdmins } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/emissary-admin.ts';
import { KubeApi } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import type { Transport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { faults, json, status, TestServer } from './test-server.ts';

const never = new AbortController().signal;

describe("Emissary's admin Service", () => {
  let server: TestServer;
  let transport: Transport;
  let services: readonly object[] = [];

  beforeEach(async () => {
    services = [];
    server = await TestServer.start(({ path }, response) =>
      path.endsWith('/services')
        ? json(response, 200, { kind: 'ServiceList', metadata: {}, items: services })
        : response.writeHead(200).end('[]'),
    );
    ({ transport } = await clientOf(server.url, new FastClock(100)));
  });
  afterEach(async () => {
    transport.close();
    await server.stop();
  });

  const service = (namespace: string, name: string, ports: unknown) => ({
    metadata: { namespace, name },
    spec: { ports },
  });
  const find = async (namespace?: string) => {
    const { admins, note } = await findEmissaryAdmins(new KubeApi(transport), namespace);
    return { addresses: admins.map(({ address }) => address), note, admins };
  };

  it('is found by its label in all namespaces, with its port', async () => {
    const other = [{ port: 80 }, { name: 'ambassador-admin', port: 9999 }];
    services = [service('edge', 'gate-admin', [{ port: 8877 }]), service('far', 'x', other)];
    const { addresses, note } = await find();
    assert.deepEqual(addresses, ['edge/gate-admin:8877', 'far/x:9999']);
    assert.equal(note, undefined);
    assert.equal(server.received[0]?.query.get('labelSelector'), 'service=ambassador-admin');
    assert.deepEqual(server.calls, ['GET /api/v1/services']);
  });

  it('is looked for in the namespace that is named, and nowhere else', async () => {
    services = [service('edge', 'gate-admin', [{ port: 8877 }])];
    assert.deepEqual((await find('edge')).addresses, ['edge/gate-admin:8877']);
    assert.deepEqual(server.calls, ['GET /api/v1/namespaces/edge/services']);
  });

  it('is found among the Services that were listed before, and nobody is asked', async () => {
    const labelled = (namespace: string, name: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name, labels: { service: 'ambassador-admin' } },
      spec: { ports: [{ port: 8877 }] },
    });
    const named = (namespace: string, name: string): KubeObject => ({
      ...labelled(namespace, name),
      metadata: { namespace, name },
    });
    const among = async (listed: readonly KubeObject[], namespace?: string) => {
      const { admins, note } = await findEmissaryAdmins(new KubeApi(transport), namespace, listed);
      return [note, ...admins.map(({ address }) => address)];
    };
    const usual = named('emissary', 'emissary-ingress-admin');
    assert.deepEqual(await among([usual, labelled('edge', 'gate')]), [undefined, 'edge/gate:8877']);
    const note = 'no Service in all namespaces has the label service=ambassador-admin';
    assert.deepEqual(await among([usual, named('shop', 'ambassador-admin')]), [
      note,
      'emissary/emissary-ingress-admin:8877',
    ]);
    assert.deepEqual(await among([named('edge', 'ambassador-admin')], 'edge'), [
      'no Service in namespace edge has the label service=ambassador-admin',
      'edge/ambassador-admin:8877',
    ]);
    assert.deepEqual(await among([named('shop', 'web')]), [`${note} or a usual name`]);
    assert.deepEqual(server.calls, []);
  });

  it('is guessed by its usual names where Services may not be listed, which is said', async () => {
    server.faults.push(faults.answer(403, {}, status(403, 'Forbidden', 'no')));
    const { addresses, note } = await find();
    assert.deepEqual(addresses, [
      'emissary/emissary-ingress-admin:8877',
      'ambassador/ambassador-admin:8877',
      'ambassador/edge-stack-admin:8877',
    ]);
    assert.equal(note, 'Services may not be listed in all namespaces');
  });

  it('is guessed in the namespace that is named where none has the label', async () => {
    const { addresses, note } = await find('edge');
    assert.equal(addresses[0], 'edge/emissary-ingress-admin:8877');
    assert.ok(addresses.every(address => address.startsWith('edge/')));
    assert.equal(note, 'no Service in namespace edge has the label service=ambassador-admin');
  });

  it('is asked for one part of its diagnostics, and only once', async () => {
    const [admin] = (await find('edge')).admins;
    assert.ok(admin !== undefined);
    assert.equal((await admin.get('route_info', never)).text, '[]');
    const asked = server.received.at(-1);
    assert.match(asked?.path ?? '', /services\/emissary-ingress-admin:8877\/proxy\/ambassador\/v0\/diag\/$/);
    assert.deepEqual([asked?.query.get('json'), asked?.query.get('filter')], ['true', 'route_info']);
    const before = server.calls.length;
    server.faults.push(faults.answer(503, {}, status(503, 'ServiceUnavailable', 'no endpoints available')));
    const text = await failure(admin.get('errors', never), 'CLUSTER_REFUSED');
    assert.match(
      text,
      /^Emissary at edge\/emissary-ingress-admin:8877 through the API server cannot be asked/,
    );
    assert.equal(server.calls.length, before + 1);
  });
});
