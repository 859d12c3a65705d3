import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { type AddressInfo, connect, createServer as createMute, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../rig/until.ts';
import type { ApiRequest } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/api-request.ts';
import { openConnection } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import {
  Transport,
  type TransportOptions,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import type { ErrorCode } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { failure as failureOf } from './client.ts';
import { FastClock, HandClock } from './clocks.ts';
import { certificate, expiredCertificate, faults, json, privateKey, TestServer } from './test-server.ts';

const read: ApiRequest = {
  verb: 'get',
  what: 'Deployment shop/web',
  path: '/apis/apps/v1/namespaces/shop/deployments/web',
};
const write: ApiRequest = {
  ...read,
  verb: 'patch',
  body: [{ op: 'replace' }],
  contentType: 'application/json-patch+json',
};

describe('transport', () => {
  let server: TestServer;
  let fast: FastClock;
  const transports: Transport[] = [];
  /** Ends what a test has opened besides. */
  const closers: (() => void)[] = [];

  beforeEach(async () => {
    server = await TestServer.start((_, response) => json(response, 200, { kind: 'Thing' }));
    fast = new FastClock(100);
  });
  afterEach(async () => {
    for (const transport of transports.splice(0)) transport.close();
    for (const close of closers.splice(0)) close();
    await server.stop();
  });

  interface Setup {
    readonly url?: string;
    readonly user?: object;
    readonly cluster?: object;
    readonly ca?: string;
    readonly limits?: TransportOptions['limits'];
    readonly clock?: Clock;
  }

  async function open({ url, user, cluster, ca, limits, clock = fast }: Setup = {}): Promise<Transport> {
    const authority = Buffer.from(ca ?? certificate).toString('base64');
    const kubeconfig = JSON.stringify({
      clusters: [
        {
          name: 'c',
          cluster: { server: url ?? server.url, 'certificate-authority-data': authority, ...cluster },
        },
      ],
      users: [{ name: 'u', user: user ?? { token: 'secret-token' } }],
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'main',
    });
    const connection = await openConnection(
      { kind: 'kubeconfig', kubeconfig, acceptUntrustedCerts: false },
      { registerSecret: () => {}, now: () => clock.now() },
    );
    const transport = new Transport(connection, { clock, version: '1.2.3', ...(limits && { limits }) });
    transports.push(transport);
    return transport;
  }

  async function failure(work: Promise<unknown>, code: ErrorCode): Promise<string> {
    const sentence = await failureOf(work, code);
    assert.ok(!sentence.includes('secret-token'));
    return sentence;
  }

  it('lets what is urgent overtake all that waits for a connection', async () => {
    const transport = await open();
    let answerAll = () => {};
    const held = new Promise<void>(resolve => {
      answerAll = resolve;
    });
    for (let n = 0; n < 300; n++) {
      server.faults.push(async (received, response) => {
        if (received.path !== '/urgent') await held;
        json(response, 200, { kind: 'Thing' });
      });
    }
    const crowd = Array.from({ length: 300 }, () => transport.send(write));
    await server.hasReceived(16);
    const { status } = await transport.send({ ...write, path: '/urgent', urgent: true });
    assert.equal(status, 200);
    assert.equal(server.received.length, 17, 'the others still wait');
    answerAll();
    await Promise.all(crowd);
  });

  it('has a connection open for what is urgent while many others are at work, and opens no crowd of them', async () => {
    const transport = await open();
    const crowd = () => Array.from({ length: 60 }, () => transport.send(write));
    // The last of the first sixteen has opened the spare one.
    await Promise.all(crowd());
    let answerAll = () => {};
    const held = new Promise<void>(resolve => {
      answerAll = resolve;
    });
    for (let n = 0; n < 400; n++) {
      server.faults.push(async (received, response) => {
        if (received.path !== '/urgent') await held;
        json(response, 200, { kind: 'Thing' });
      });
    }
    const before = server.received.length;
    const waiting = crowd();
    await server.hasReceived(before + 16);
    const opened = server.connections;
    await transport.send({ ...write, path: '/urgent', urgent: true });
    assert.equal(server.connections, opened, 'no handshake');
    const stops = Array.from({ length: 200 }, () =>
      transport.send({ ...write, path: '/urgent', urgent: true }),
    );
    await Promise.all(stops);
    assert.ok(server.connections <= opened + 16, `${server.connections - opened} more`);
    answerAll();
    await Promise.all(waiting);
  });

  it('sends plain JSON with credentials and its own name, and counts its requests', async () => {
    const transport = await open();
    const answer = await transport.send({ ...write, query: { fieldManager: 'me & you' }, body: { a: 'ä' } });
    assert.deepEqual(answer, { status: 200, body: { kind: 'Thing' }, repeated: false });
    const [received] = server.received;
    assert.ok(received);
    assert.equal(received.method, 'PATCH');
    assert.equal(received.path, read.path);
    assert.equal(received.query.get('fieldManager'), 'me & you');
    assert.equal(received.text, '{"a":"ä"}');
    assert.equal(received.headers.authorization, 'Bearer secret-token');
    assert.equal(received.headers['user-agent'], 'ambassador-canary/1.2.3');
    assert.equal(received.headers['content-type'], 'application/json-patch+json');
    assert.equal(transport.requests, 1);
  });

  it('keeps the path of a server that has one', async () => {
    const transport = await open({ url: `${server.url}/k8s/clusters/c-1` });
    await transport.send(read);
    assert.equal(server.received[0]?.path, `/k8s/clusters/c-1${read.path}`);
  });

  it('sends a hundred requests in turn over one connection', async () => {
    const transport = await open();
    for (let i = 0; i < 100; i++) await transport.send(read);
    assert.equal(server.connections, 1);
    assert.equal(transport.requests, 100);
  });

  it('opens at most sixteen connections, and a spare one, for many requests at once', async () => {
    const transport = await open();
    await Promise.all(Array.from({ length: 200 }, () => transport.send(read)));
    assert.equal(server.received.length, 200);
    assert.ok(server.connections <= 17, String(server.connections));
  });

  it('asks the fence once a request has its turn, not while it waits', async () => {
    const transport = await open();
    let answerAll = () => {};
    const held = faults.until(new Promise<void>(resolve => (answerAll = resolve)));
    server.faults.push(...Array.from({ length: 16 }, () => held));
    const crowd = Array.from({ length: 16 }, () => transport.send(write));
    await server.hasReceived(16);
    let isHeld = true;
    const fence = () => assert.ok(isHeld, 'the lock is lost');
    const late = assert.rejects(transport.send({ ...write, fence }), /the lock is lost/);
    isHeld = false;
    answerAll();
    await Promise.all([...crowd, late]);
    assert.equal(server.received.length, 16);
  });

  it('opens a watch on a warm connection where another one stays warm', async () => {
    const transport = await open();
    await Promise.all([transport.send(read), transport.send(read)]);
    assert.equal(server.connections, 2);
    const watch: ApiRequest = { ...read, verb: 'watch' };
    server.faults.push(faults.hang, faults.hang);
    for (const count of [3, 4]) {
      transport.open(watch).catch(() => {});
      await server.hasReceived(count);
    }
    assert.equal(server.connections, 3);
    await transport.send(read);
    assert.equal(server.connections, 3, 'one was still warm');
  });

  it('knows that a request which waited for a kept connection may have been processed', async () => {
    const transport = await open();
    let letGo = () => {};
    const held = faults.until(new Promise<void>(resolve => (letGo = resolve)));
    server.faults.push(...Array.from({ length: 16 }, () => held), faults.reset);
    const crowd = Array.from({ length: 16 }, () => transport.send(read));
    const waiting = failure(transport.send({ ...write, once: true }), 'CLUSTER_UNREACHABLE');
    await server.hasReceived(16);
    letGo();
    assert.match(await waiting, /may have been done/);
    await Promise.all(crowd);
    assert.equal(server.connections, 16);
  });

  it('shows a client certificate', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(privateKey) };
    await (await open({ user })).send(read);
    assert.equal(server.received[0]?.clientName, 'ambassador-canary tests');
    assert.equal(server.received[0]?.headers.authorization, undefined);
  });

  it('waits as long as Retry-After says when it is turned away, also with what must not be done twice', async () => {
    server.faults.push(faults.answer(429, { 'retry-after': '2' }));
    const answer = await (await open()).send({ ...write, once: true });
    assert.equal(answer.status, 200);
    assert.equal(answer.repeated, false);
    assert.deepEqual(fast.sleeps, ['2s']);
  });

  it('tries again after 500, 502, 503 and 504, and says that an earlier try may have got through', async () => {
    server.faults.push(faults.answer(500), faults.answer(502), faults.answer(503), faults.answer(504));
    const answer = await (await open()).send(write);
    assert.equal(answer.status, 200);
    assert.equal(answer.repeated, true);
    assert.equal(server.received.length, 5);
  });

  it('hands over the last answer after five tries', async () => {
    server.faults.push(...Array.from({ length: 9 }, () => faults.answer(503)));
    const answer = await (await open()).send(read);
    assert.equal(answer.status, 503);
    assert.equal(server.received.length, 5);
  });

  it('tries again when the connection breaks before or in the middle of the answer', async () => {
    server.faults.push(faults.reset, faults.cut);
    const answer = await (await open()).send(write);
    assert.deepEqual(answer, { status: 200, body: { kind: 'Thing' }, repeated: true });
  });

  it('does not repeat what is harmful twice once it may have been done, and says so', async () => {
    server.faults.push(faults.reset);
    const text = await failure((await open()).send({ ...write, once: true }), 'CLUSTER_UNREACHABLE');
    assert.match(text, /patch Deployment shop\/web.*it may have been done all the same/);
    assert.equal(server.received.length, 1);
  });

  it('takes a new connection at once when a kept one turns out to be closed', async () => {
    const transport = await open();
    await transport.send(read);
    server.faults.push(faults.reset);
    assert.equal((await transport.send(read)).status, 200);
    assert.deepEqual(fast.sleeps, ['0s']);
    assert.equal(server.connections, 2);
  });

  it('gives up a silent server after the second silence', async () => {
    server.faults.push(faults.hang, faults.hang);
    const transport = await open({ limits: { answer: 250 } });
    const text = await failure(transport.send(read), 'CLUSTER_UNREACHABLE');
    assert.match(text, /no answer within 0\.25 s/);
    assert.equal(server.received.length, 2);
  });

  it('goes on after one silence', async () => {
    server.faults.push(faults.hang);
    // The second try has to be answered within it, on a busy machine as well.
    const transport = await open({ limits: { answer: 500 } });
    assert.equal((await transport.send(read)).status, 200);
  });

  it('gives up a connection whose handshake does not end', async () => {
    const mute = createMute(socket => closers.push(() => socket.destroy()));
    closers.push(() => mute.close());
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const transport = await open({ url: `https://127.0.0.1:${port}`, limits: { connect: 40 } });
    const text = await failure(transport.send({ ...write, once: true }), 'CLUSTER_UNREACHABLE');
    assert.match(text, /no connection within 0\.04 s, \d tries/);
    assert.doesNotMatch(text, /may have been done/);
  });

  it('names the host that refuses the connection, and what to check', async () => {
    const { url } = server;
    await server.stop();
    const text = await failure((await open({ url })).send(read), 'CLUSTER_UNREACHABLE');
    assert.match(
      text,
      /no answer from the API server https:\/\/127\.0\.0\.1:\d+.*ECONNREFUSED.*5 tries.*server URL/,
    );
    server = await TestServer.start((_, response) => json(response, 200, {}));
  });

  it('names a host that does not exist, at once', async () => {
    const transport = await open({ url: 'https://no-such-host.invalid:6443' });
    const text = await failure(transport.send(read), 'CLUSTER_UNREACHABLE');
    assert.match(text, /no-such-host\.invalid/);
  });

  it('says what TLS said about a certificate that is not trusted, and how to trust it, without a second try', async () => {
    const stranger = await TestServer.start(() => {}, expiredCertificate);
    try {
      const expired = await failure(
        (await open({ url: stranger.url, ca: expiredCertificate })).send(read),
        'CLUSTER_UNREACHABLE',
      );
      assert.match(expired, /not trusted.*certificate has expired.*Renew/);
      const unknown = await failure(
        (await open({ cluster: { 'certificate-authority-data': undefined } })).send(read),
        'CLUSTER_UNREACHABLE',
      );
      assert.match(unknown, /not trusted.*self-signed certificate.*acceptUntrustedCerts/);
      const named = await failure(
        (await open({ cluster: { 'tls-server-name': 'api.example' } })).send(read),
        'CLUSTER_UNREACHABLE',
      );
      assert.match(named, /not trusted.*api\.example.*tls-server-name/);
      assert.deepEqual(fast.sleeps, []);
    } finally {
      await stranger.stop();
    }
  });

  it('follows no redirect: the credentials would go along', async () => {
    server.faults.push(faults.answer(302, { location: `${server.url}/elsewhere` }));
    const text = await failure((await open()).send(read), 'CLUSTER_UNREACHABLE');
    assert.match(text, /redirect \(302\)/);
    assert.equal(server.received.length, 1);
  });

  it('says that a login page is no API server', async () => {
    server.faults.push(faults.text(200, '<html>Please log in</html>'));
    const text = await failure((await open()).send(read), 'CLUSTER_UNREACHABLE');
    assert.match(text, /is no API server.*<html>Please/);
  });

  it('hands over a refusal in plain text', async () => {
    server.faults.push(faults.text(404, '404 page not found\n'));
    assert.deepEqual(await (await open()).send(read), {
      status: 404,
      body: '404 page not found\n',
      repeated: false,
    });
  });

  it('reads no answer beyond its limit', async () => {
    server.faults.push((_, response) => json(response, 200, { text: 'x'.repeat(5_000) }));
    const transport = await open({ limits: { body: 4_096 } });
    assert.match(await failure(transport.send(read), 'CLUSTER_UNREACHABLE'), /larger than/);
    assert.equal(server.received.length, 1);
  });

  it('ends at once when its signal aborts, also between two tries', async () => {
    server.faults.push(faults.hang);
    // Its time stands still: only the signal ends a pause.
    const clock = new HandClock();
    const transport = await open({ clock });
    const stop = new AbortController();
    const silenced = failure(transport.send({ ...read, signal: stop.signal }), 'CANCELLED');
    await server.hasReceived(1);
    stop.abort();
    await silenced;
    server.faults.push(faults.answer(429, { 'retry-after': '19' }));
    const pausing = new AbortController();
    const paused = failure(transport.send({ ...read, signal: pausing.signal }), 'CANCELLED');
    await until('the pause', () => clock.sleeps.length === 1, { everyMs: 5 });
    pausing.abort();
    await paused;
    assert.equal(server.received.length, 2);
  });

  it('asks for new credentials once when the server refuses the old ones', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'transport-'));
    try {
      const tokenFile = `${folder}/token`;
      writeFileSync(tokenFile, 'first');
      const transport = await open({ user: { tokenFile } });
      await transport.send(read);
      writeFileSync(tokenFile, 'second');
      server.faults.push(faults.answer(401));
      assert.equal((await transport.send(read)).status, 200);
      assert.deepEqual(
        server.received.map(({ headers }) => headers.authorization),
        ['Bearer first', 'Bearer first', 'Bearer second'],
      );
      server.faults.push(faults.answer(401), faults.answer(401));
      assert.equal((await transport.send(read)).status, 401);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('goes through the proxy that the kubeconfig names, over one connection', async () => {
    const asked: string[] = [];
    const proxy = createProxy();
    closers.push(() => proxy.close());
    proxy.on('connect', (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const through = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
      for (const one of [socket, through]) {
        one.on('error', () => {});
        closers.push(() => one.destroy());
      }
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const transport = await open({ cluster: { 'proxy-url': `http://me:pass@127.0.0.1:${port}` } });
    for (let i = 0; i < 3; i++) assert.equal((await transport.send(read)).status, 200);
    const login = Buffer.from('me:pass').toString('base64');
    assert.deepEqual(asked, [`127.0.0.1:${server.port} Basic ${login}`]);
  });

  it('says that the proxy refuses', async () => {
    const proxy = createProxy().on('connect', (_, socket: Socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'));
    closers.push(() => proxy.close());
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const transport = await open({ cluster: { 'proxy-url': `http://127.0.0.1:${port}` } });
    const text = await failure(transport.send(read), 'CLUSTER_UNREACHABLE');
    assert.match(text, /the proxy 127\.0\.0\.1:\d+ refuses the way to 127\.0\.0\.1:\d+: 407/);
  });
});
