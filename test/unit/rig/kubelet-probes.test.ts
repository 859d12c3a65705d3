import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askProbe } from '../../../rig/kubelet/ask-probe.ts';
import { ProbeCounter } from '../../../rig/kubelet/probe-counter.ts';

describe('the probes of the kubelet stand-in', () => {
  it('change their result only after as many equal answers in a row as the threshold says', () => {
    const counter = new ProbeCounter({ successThreshold: 2, failureThreshold: 3 });
    const results = 'success success failure failure success failure failure failure success success'
      .split(' ')
      .map(answer => [counter.observe(answer as 'success' | 'failure'), counter.result]);
    assert.deepEqual(results, [
      [false, 'unknown'],
      [true, 'success'],
      [false, 'success'],
      [false, 'success'],
      [false, 'success'],
      [false, 'success'],
      [false, 'success'],
      [true, 'failure'],
      [false, 'failure'],
      [true, 'success'],
    ]);
  });

  it('take Kubernetes’ defaults: one success, three failures', () => {
    const counter = new ProbeCounter({});
    assert.equal(counter.observe('success'), true);
    assert.deepEqual(
      [1, 2, 3].map(() => counter.observe('failure')),
      [false, false, true],
    );
  });

  describe('asked of a server', () => {
    let status = 200;
    const server = createServer((request, response) => {
      if (request.url !== '/silent') response.writeHead(status).end();
    });
    before(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const target = () => ({
      address: '127.0.0.1',
      podIP: '10.244.0.1',
      container: {
        name: 'app',
        image: 'x',
        ports: [{ name: 'http', containerPort: (server.address() as AddressInfo).port }],
      },
    });

    it('pass from 200 to 399 and find a port by its name', async () => {
      for (const [code, ok] of [
        [200, true],
        [302, true],
        [404, false],
        [503, false],
      ] as const) {
        status = code;
        const answer = await askProbe({ httpGet: { port: 'http' } }, target());
        assert.equal(answer.ok, ok);
        if (!ok) assert.equal(answer.message, `HTTP probe failed with statuscode: ${code}`);
      }
      assert.equal((await askProbe({ tcpSocket: { port: 'http' } }, target())).ok, true);
    });

    it('say in a kubelet’s words what is wrong, with the address that the pod has in the cluster', async () => {
      assert.deepEqual(await askProbe({ httpGet: { port: 1, path: '/ready' } }, target()), {
        ok: false,
        message: 'Get "http://10.244.0.1:1/ready": dial tcp 10.244.0.1:1: connect: connection refused',
      });
      const silent = await askProbe(
        { httpGet: { port: 'http', path: '/silent' }, timeoutSeconds: 0.05 },
        target(),
      );
      assert.match(silent.message, /context deadline exceeded$/);
      const nameless = await askProbe({ tcpSocket: { port: 'grpc' } }, target());
      assert.equal(nameless.message, 'container app has no port named "grpc"');
    });
  });
});
