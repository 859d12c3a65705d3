import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brokenBy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/http-reply.ts';
import { tryOnce } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/http-try.ts';
import {
  Network,
  type NetworkSettings,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import { isExcepted } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/no-proxy.ts';
import { readProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/proxy-address.ts';
import type { HttpProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/proxy-agent.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { ConnectProxy } from '../../network/connect-proxy.ts';
import { plainNetwork } from './plain-network.ts';
import { certificate, json, privateKey, TestServer } from './test-server.ts';

const proxy: HttpProxy = { url: 'http://proxy.example.com:8080' };
const settings = (more: Partial<NetworkSettings> = {}): NetworkSettings => ({
  ...plainNetwork,
  proxies: { http: proxy, https: proxy },
  ...more,
});
const goesThrough = (network: NetworkSettings, url: string) =>
  new Network(network).proxyFor(new URL(url)) !== undefined;

describe('the agent’s network', () => {
  describe('asks through the proxy', () => {
    let secure: TestServer;
    let way: ConnectProxy;
    const plain = createServer((request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers.host}`),
    );

    before(async () => {
      secure = await TestServer.start(({ headers, clientName }, response) =>
        json(response, 200, { host: headers.host, clientName }),
      );
      await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve));
      const { port } = plain.address() as AddressInfo;
      const servers = { 'plain.example.com:9090': port, 'secure.example.com:443': secure.port };
      way = await ConnectProxy.start({ user: 'me', password: 'p:ß %', servers });
    });
    after(async () => {
      plain.close();
      await Promise.all([way.stop(), secure.stop()]);
    });
    beforeEach(() => way.passed.splice(0));

    const network = (more: Partial<NetworkSettings> = {}, login = { user: 'me', password: 'p:ß %' }) => {
      const found = readProxy(way.url, login);
      assert.ok(found);
      return new Network(settings({ proxies: { http: found, https: found }, ...more }));
    };
    const ask = async (through: Network, address: string) => {
      const url = new URL(address);
      const limits = { timeLimit: Duration.seconds(20), maxBytes: 1_000_000 };
      return tryOnce({ url, method: 'GET', headers: {}, agent: through.agentFor(url), ...limits });
    };
    const bodyOf = (reply: Awaited<ReturnType<typeof ask>>) => {
      if (reply.kind === 'answered') return reply.body;
      return reply.kind === 'broken' ? brokenBy(reply.error) : reply.kind;
    };

    it('for plain HTTP, with the whole URL and its own login', async () => {
      const through = network();
      for (const path of ['/a?b=c', '/d']) {
        assert.equal(
          bodyOf(await ask(through, `http://plain.example.com:9090${path}`)),
          `GET ${path} plain.example.com:9090`,
        );
      }
      assert.deepEqual(way.passed, [
        'GET http://plain.example.com:9090/a',
        'GET http://plain.example.com:9090/d',
      ]);
    });

    it('for HTTPS, in a tunnel that is kept, trusting whom the agent trusts', async () => {
      const through = network({ authorities: [certificate] });
      // The server's certificate is for localhost: that it was compared with the name shows that it was trusted.
      assert.match(
        bodyOf(await ask(through, 'https://secure.example.com/')),
        /secure\.example\.com\. is not in the cert/,
      );
      const careless = network({ acceptUntrustedCerts: true });
      for (let i = 0; i < 2; i++) {
        assert.match(
          bodyOf(await ask(careless, 'https://secure.example.com/')),
          /"host":"secure\.example\.com"/,
        );
      }
      assert.deepEqual(way.passed, ['CONNECT secure.example.com:443', 'CONNECT secure.example.com:443']);
      const stranger = network();
      assert.match(bodyOf(await ask(stranger, 'https://secure.example.com/')), /SELF_SIGNED/);
    });

    it('and shows the agent’s certificate to who asks for one', async () => {
      const clientCertificate = { cert: certificate, key: new Secret(privateKey) };
      const known = network({ acceptUntrustedCerts: true, clientCertificate });
      assert.match(bodyOf(await ask(known, 'https://secure.example.com/')), /"clientName":"\w+/);
    });

    it('and says that the proxy wants another login, or refuses the way', async () => {
      const stranger = network({}, { user: 'me', password: 'wrong' });
      assert.match(
        bodyOf(await ask(stranger, 'https://secure.example.com/')),
        /the proxy 127\.0\.0\.1:\d+ refuses the way to secure\.example\.com:443: 407, it wants other credentials/,
      );
      assert.equal(way.turnedAway, 1);
      assert.match(
        bodyOf(await ask(network(), 'https://nobody.example.com/')),
        /nobody\.example\.com:443: 403/,
      );
    });

    it('only where the server is not of this machine', async () => {
      assert.match(bodyOf(await ask(network({ acceptUntrustedCerts: true }), secure.url)), /"host":"127/);
      assert.deepEqual(way.passed, []);
    });
  });

  it('passes the proxy by where the agent’s list or NO_PROXY says so, and for this machine', () => {
    const bypass = ['^https://api\\.', '(', 'internal'];
    for (const [url, through] of [
      ['https://api.example.com/', false],
      ['https://shop.INTERNAL:6443/', false],
      ['https://example.com/api.', true],
      ['http://localhost:9090/', false],
      ['http://[::1]:9090/', false],
      ['https://127.4.5.6/', false],
      ['http://169.254.169.254/metadata', false],
    ] as const) {
      assert.equal(goesThrough(settings({ bypass }), url), through, url);
    }
    assert.equal(goesThrough(settings({ noProxy: 'example.com' }), 'https://api.example.com/'), false);
    assert.equal(goesThrough({ ...plainNetwork, proxies: { http: proxy } }, 'https://example.com'), false);
  });

  it('reads NO_PROXY as curl and Go do', () => {
    for (const [list, url, excepted] of [
      ['', 'https://a.example.com', false],
      ['*', 'https://a.example.com', true],
      ['example.com', 'https://example.com', true],
      ['EXAMPLE.com', 'https://a.Example.com', true],
      ['example.com', 'https://notexample.com', false],
      ['.example.com', 'https://a.example.com', true],
      ['.example.com', 'https://example.com', false],
      ['*.example.com', 'https://a.example.com', true],
      ['a.com, b.com c.com', 'https://c.com', true],
      ['example.com:443', 'https://example.com', true],
      ['example.com:6443', 'https://example.com', false],
      ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
      ['10.0.0.0/8', 'https://11.1.2.3', false],
      ['10.0.0.0/8', 'https://a.example.com', false],
      ['10.0.0.0/99', 'https://10.0.0.0', false],
      ['10.1.2.3', 'https://10.1.2.3', true],
      ['10.1.2.3:80', 'http://10.1.2.3', true],
      ['fd00::/8', 'https://[fd00::1]:6443', true],
      ['fd00::1', 'https://[fd00::1]', true],
      ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
      ['2.3', 'https://1.2.3.4', false],
    ] as const) {
      assert.equal(isExcepted(new URL(url), list), excepted, `${list} and ${url}`);
    }
  });

  it('reads the address of a proxy with and without scheme and login', () => {
    const read = (text: string) => {
      const found = readProxy(text);
      return found && [found.url, found.authorization?.reveal()];
    };
    const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;
    assert.deepEqual(read('http://proxy.example.com:8080/'), ['http://proxy.example.com:8080', undefined]);
    assert.deepEqual(read('proxy.example.com:8080'), ['http://proxy.example.com:8080', undefined]);
    assert.deepEqual(read('https://me:a%40b@proxy.example.com'), [
      'https://proxy.example.com',
      basic('me:a@b'),
    ]);
    assert.deepEqual(read('http://me:100%@proxy.example.com'), [
      'http://proxy.example.com',
      basic('me:100%'),
    ]);
    for (const none of ['socks5://proxy.example.com', 'http://', 'two words'])
      assert.equal(read(none), undefined);
  });
});
