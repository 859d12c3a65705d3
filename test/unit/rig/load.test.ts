import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load, LoadRecord } from '../../../rig/load/load.ts';
import { wilson } from '../../../rig/load/wilson.ts';

describe('LoadRecord', () => {
  const record = new LoadRecord();
  record.add([
    { intendedAt: 300, latencyMs: 30, error: 'ECONNRESET' },
    { intendedAt: 0, latencyMs: 10, status: 200, version: 'v1' },
    { intendedAt: 100, latencyMs: 20, status: 200, version: 'v2' },
    { intendedAt: 200, latencyMs: 40, status: 503 },
  ]);

  it('counts as lost what had no answer and what had one of 400 and above', () => {
    assert.deepEqual(
      record.failed().map(({ intendedAt }) => intendedAt),
      [200, 300],
    );
    assert.equal(record.failed({ from: 0, to: 200 }).length, 0);
    assert.equal(record.failed({ from: 200, to: 300 }).length, 1);
  });

  it('gives the share of a version among all requests of a window', () => {
    assert.deepEqual([record.shareOf('v2').hits, record.shareOf('v2').total], [1, 4]);
    assert.equal(record.shareOf('v2', { to: 200 }).share, 0.5);
  });

  it('finds the first and the last answer of a version', () => {
    assert.equal(record.first('v2')?.intendedAt, 100);
    assert.equal(record.last('v1', { from: 1 }), undefined);
  });

  it('gives percentiles by nearest rank', () => {
    assert.deepEqual(
      [50, 75, 100].map(percent => record.percentile(percent)),
      [20, 30, 40],
    );
    assert.ok(Number.isNaN(record.percentile(50, { from: 1000 })));
  });

  it('tells the kinds of answers apart', () => {
    assert.deepEqual(record.kinds(), { '200 v1': 1, '200 v2': 1, '503': 1, ECONNRESET: 1 });
  });
});

describe('wilson', () => {
  const rows: [hits: number, total: number, low: number, high: number][] = [
    [0, 0, 0, 1],
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [50, 1000, 0.0382, 0.0653],
  ];
  for (const [hits, total, low, high] of rows) {
    it(`${hits} of ${total} lies between ${low} and ${high}`, () => {
      const share = wilson(hits, total);
      assert.ok(
        Math.abs(share.low - low) < 5e-4 && Math.abs(share.high - high) < 5e-4,
        JSON.stringify(share),
      );
    });
  }
});

describe('Load', () => {
  let server: Server;
  let connections = 0;
  let seen: (string | undefined)[] = [];

  async function serve(listener: RequestListener): Promise<string> {
    connections = 0;
    seen = [];
    server = createServer((request, response) => {
      seen.push(request.headers.host);
      listener(request, response);
    }).on('connection', () => connections++);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('sends at its rate over few connections, ends by itself and records every answer', async () => {
    const url = await serve((_, response) => response.setHeader('x-app-version', 'v1').end('ok'));
    const load = Load.start({ url, ratePerSecond: 100, durationMs: 1000, headers: { host: 'app.x' } });
    await load.done;
    const answers = load.record.answers();
    assert.equal(answers.length, 100);
    assert.deepEqual(load.record.kinds(), { '200 v1': 100 });
    assert.ok(connections <= 20, `${connections} connections`);
    assert.deepEqual([...new Set(seen)], ['app.x']);
    const gaps = answers.slice(1).map(({ intendedAt }, i) => intendedAt - (answers[i]?.intendedAt ?? 0));
    assert.ok(
      gaps.every(gap => Math.abs(gap - 10) < 0.01),
      'the intended times are evenly spaced',
    );
  });

  it('goes on sending while the server stalls, and counts latency from the intended time', async () => {
    const url = await serve((_, response) => {
      if (seen.length > 20) response.end();
      else setTimeout(() => response.end(), 400);
    });
    const load = Load.start({ url, ratePerSecond: 50, durationMs: 600 });
    await load.done;
    assert.equal(load.record.answers().length, 30);
    assert.ok(load.record.percentile(50) >= 390, `${load.record.percentile(50)} ms`);
  });

  it('counts the time that a request left late', async () => {
    const url = await serve((_, response) => response.end());
    const load = Load.start({ url, ratePerSecond: 50, durationMs: 1500 });
    while (load.record.answers().length < 10) await sleep(20);
    process.kill(load.pid ?? 0, 'SIGSTOP');
    await sleep(400);
    process.kill(load.pid ?? 0, 'SIGCONT');
    await load.done;
    const late = load.record.answers().filter(({ latencyMs }) => latencyMs > 100);
    assert.equal(load.record.answers().length, 75);
    assert.ok(late.length >= 10, `${late.length} late answers`);
  });

  it('records what was not answered, with its error', async () => {
    let count = 0;
    const url = await serve((request, response) => {
      count++;
      if (count % 2 === 0) request.socket.destroy();
      else if (count % 3 === 0) response.writeHead(503).end();
      else response.end();
    });
    const load = Load.start({ url, ratePerSecond: 60, durationMs: 500 });
    await load.done;
    const { ECONNRESET = 0, '503': refused = 0, '200': fine = 0 } = load.record.kinds();
    assert.equal(ECONNRESET + refused + fine, 30);
    assert.ok(ECONNRESET >= 10 && refused >= 3 && fine >= 5, JSON.stringify(load.record.kinds()));
  });

  it('stops when told, after the last answer', async () => {
    const url = await serve((_, response) => setTimeout(() => response.end(), 100));
    const load = Load.start({ url, ratePerSecond: 50, durationMs: 60_000 });
    while (load.record.answers().length < 4) await sleep(20);
    const record = await load.stop();
    const { length } = record.answers();
    assert.ok(length < 3000, `${length} answers`);
    assert.equal(record.failed().length, 0);
    assert.equal(seen.length, length);
  });

  it('refuses other addresses than loopback and rates out of bounds', () => {
    const fine = { url: 'http://127.0.0.1:1/', ratePerSecond: 1, durationMs: 1 };
    assert.throws(() => Load.start({ ...fine, url: 'http://10.0.0.1/' }), /not to http:\/\/10\.0\.0\.1/);
    assert.throws(() => Load.start({ ...fine, url: 'http://localhost/' }), RangeError);
    assert.throws(() => Load.start({ ...fine, ratePerSecond: 1e6 }), /1000000/);
    assert.throws(() => Load.start({ ...fine, durationMs: 0 }), RangeError);
  });
});
