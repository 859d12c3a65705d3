import assert from 'node:assert/strict';
import type { Prometheus } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { Network } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import type { Transport } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import { prometheusAt } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prometheus-access.ts';
import { Secret } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { clientOf, failure } from './cluster/client.ts';
import { FastClock } from './cluster/clocks.ts';
import { plainNetwork } from './cluster/plain-network.ts';
import { faults, json, TestServer } from './cluster/test-server.ts';

const service = {
  kind: 'service',
  namespace: 'monitoring',
  service: 'mimir',
  port: '8080',
  path: '/prom',
} as const;
const five = { status: 'success', data: { resultType: 'scalar', result: [1, '5'] } };

describe('a Prometheus behind the API server', () => {
  let server: TestServer;
  let transport: Transport;
  let prometheus: Prometheus;

  beforeEach(async () => {
    server = await TestServer.start((_, response) => json(response, 200, five));
    const clock = new FastClock(100);
    ({ transport } = await clientOf(server.url, clock));
    const headers = { 'X-Scope-OrgID': new Secret('shop') };
    prometheus = prometheusAt(service, { headers, transport, network: new Network(plainNetwork), clock });
  });
  afterEach(async () => {
    transport.close();
    await server.stop();
  });

  it('answers queries, with the headers of the inputs', async () => {
    assert.deepEqual(await prometheus.query('up{a="b"}'), {
      type: 'scalar',
      sample: { time: 1, value: 5 },
      warnings: [],
    });
    const [received] = server.received;
    assert.equal(received?.path, '/api/v1/namespaces/monitoring/services/mimir:8080/proxy/prom/api/v1/query');
    assert.equal(received?.query.get('query'), 'up{a="b"}');
    assert.equal(received?.headers['x-scope-orgid'], 'shop');
  });

  it('says what it refuses, and where it is', async () => {
    server.faults.push(
      faults.answer(400, {}, { status: 'error', errorType: 'bad_data', error: 'parse error' }),
    );
    assert.match(
      await failure(prometheus.query('up{'), 'PROMETHEUS_UNFIT'),
      /^What answers at monitoring\/mimir:8080\/prom through the API server refuses the query: found bad_data: parse error/,
    );
  });

  it('that wants a login can not be given one on this way', async () => {
    server.faults.push(faults.text(403, 'Forbidden'));
    assert.match(
      await failure(prometheus.query('up'), 'PROMETHEUS_UNFIT'),
      /does not let us in: found HTTP 403\. The API server passes no credentials on: give a URL/,
    );
  });

  it('that redirects is not followed', async () => {
    server.faults.push(
      (_, response) => void response.writeHead(302, { location: 'https://login.example/?state=1' }).end(),
    );
    assert.match(
      await failure(prometheus.query('up'), 'PROMETHEUS_UNFIT'),
      /redirects: found HTTP 302 to https:\/\/login\.example\/\. /,
    );
    assert.equal(server.received.length, 1);
  });

  it('that is in trouble is asked again, and how often is not guessed', async () => {
    server.faults.push(faults.text(503, 'starting'));
    assert.equal((await prometheus.query('up')).type, 'scalar');
    server.faults.push(...Array.from({ length: 5 }, () => faults.text(503, 'starting')));
    assert.match(await failure(prometheus.query('up'), 'PROMETHEUS_UNREACHABLE'), /found HTTP 503\. Check/);
  });
});
