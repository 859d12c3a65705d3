import assert from 'node:assert/strict';
import { ServiceProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/service-proxy.ts';
import type { Transport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import { clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { faults, json, status, TestServer } from './test-server.ts';

const root = '/api/v1/namespaces/monitoring/services/prometheus';
const forbidden = (verb: string, resource: string) =>
  status(
    403,
    'Forbidden',
    `services "prometheus" is forbidden: User "canary" cannot ${verb} resource "${resource}" in API group "" in the namespace "monitoring"`,
  );

describe('a Service that is asked through the API server', () => {
  let server: TestServer;
  let transport: Transport;
  /** The ports of the Service, as its object has them. */
  let ports: unknown = [];

  beforeEach(async () => {
    ports = [{ port: 9090 }];
    server = await TestServer.start(({ path }, response) =>
      path === root
        ? json(response, 200, { kind: 'Service', spec: { ports } })
        : response.writeHead(418, { location: '/login' }).end('a teapot'),
    );
    ({ transport } = await clientOf(server.url, new FastClock(100)));
  });
  afterEach(async () => {
    transport.close();
    await server.stop();
  });

  const proxy = (port?: string, path = '') =>
    new ServiceProxy(transport, {
      namespace: 'monitoring',
      service: 'prometheus',
      path,
      ...(port !== undefined && { port }),
    });
  const ask = (port: string | undefined = '9090', path = '') =>
    proxy(port, path).get('/api/v1/query', { query: 'up{a="b&c"}' }, { 'x-scope-orgid': 'shop' });

  it('gets the question with its headers, and the answer comes back as it is', async () => {
    assert.deepEqual(await ask('http-web', '/prom'), { status: 418, location: '/login', text: 'a teapot' });
    const [received] = server.received;
    assert.equal(received?.method, 'GET');
    assert.equal(received?.path, `${root}:http-web/proxy/prom/api/v1/query`);
    assert.equal(received?.query.get('query'), 'up{a="b&c"}');
    assert.equal(received?.headers['x-scope-orgid'], 'shop');
    assert.equal(received?.headers.authorization, 'Bearer token');
  });

  it('is asked on its only port where none is given, which is looked up once', async () => {
    const one = proxy();
    for (let i = 0; i < 2; i++) await one.get('/x', {}, {});
    assert.deepEqual(server.calls, [`GET ${root}`, `GET ${root}:9090/proxy/x`, `GET ${root}:9090/proxy/x`]);
    assert.equal(one.address, 'monitoring/prometheus:9090 through the API server');
  });

  it('must be told a port where it has several', async () => {
    ports = [{ port: 9090 }, { port: 8080 }];
    assert.match(
      await failure(proxy().get('/x', {}, {}), 'PROMETHEUS_UNREACHABLE'),
      /found a Service with the ports 9090, 8080\. Choose one: `prometheus: monitoring\/prometheus:9090`/,
    );
    ports = undefined;
    assert.match(await failure(proxy().get('/x', {}, {}), 'PROMETHEUS_UNREACHABLE'), /with no port/);
  });

  it('that may not be asked names the verb that is missing', async () => {
    server.faults.push(faults.answer(403, {}, forbidden('get', 'services/proxy')));
    assert.match(
      await failure(ask(), 'CLUSTER_FORBIDDEN'),
      /Allow the account of the service connection to get services\/proxy in namespace monitoring$/,
    );
    server.faults.push(faults.answer(403, {}, forbidden('get', 'services')));
    assert.match(
      await failure(proxy().get('/x', {}, {}), 'CLUSTER_FORBIDDEN'),
      /to get services in namespace monitoring$/,
    );
  });

  it('that says no itself is not mistaken for the API server', async () => {
    server.faults.push(faults.answer(403, {}, { status: 'error', error: 'no tenant' }));
    assert.equal((await ask()).status, 403);
  });

  it('that is not there is named', async () => {
    const missing = status(404, 'NotFound', 'services "prometheus" not found');
    server.faults.push(faults.answer(404, {}, missing));
    assert.match(
      await failure(ask(), 'PROMETHEUS_UNREACHABLE'),
      /Is there a Service prometheus in namespace/,
    );
    server.faults.push(faults.answer(404, {}, missing));
    assert.match(await failure(proxy().get('/x', {}, {}), 'PROMETHEUS_UNREACHABLE'), /found no such Service/);
  });

  it('is asked again while it has no endpoints, and named when that lasts', async () => {
    const none = faults.answer(503, {}, status(503, 'ServiceUnavailable', 'no endpoints available'));
    server.faults.push(none);
    assert.equal((await ask()).status, 418);
    server.faults.push(none, none, none, none, none);
    assert.match(
      await failure(ask(), 'PROMETHEUS_UNREACHABLE'),
      /found 503: no endpoints available\. Check that its pods are ready/,
    );
  });
});
