import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusClient } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/prometheus.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  CanaryError,
  type ErrorCode,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { ManualClock } from './doubles.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

/** A server that behaves as it is told, request by request; the last behaviour stays. */
class Misbehaving {
  readonly seen: { method: string; url: string; body: string; headers: http.IncomingHttpHeaders }[] = [];
  connections = 0;
  #handlers: Handler[] = [];
  readonly #server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, url, body, headers });
    const handler = this.#handlers.length > 1 ? this.#handlers.shift() : this.#handlers[0];
    handler?.(request, response, body);
  });

  async start(): Promise<string> {
    this.#server.on('connection', () => this.connections++);
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  behave(...handlers: Handler[]): void {
    this.#handlers = handlers;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

const text =
  (status: number, body: string, headers: http.OutgoingHttpHeaders = {}): Handler =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const json = (status: number, value: unknown): Handler => text(status, JSON.stringify(value));
const data = (resultType: string, result: unknown): Handler =>
  json(200, { status: 'success', data: { resultType, result } });
const ok = data('scalar', [1, '7']);
const reset: Handler = request => request.socket.destroy();
const silent: Handler = () => {};
const halfway: Handler = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"status"', () => request.socket.destroy());
};
const stalled: Handler = (_request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"status"');
};
const huge: Handler = (_request, response) => {
  const mebibyte = Buffer.alloc(1024 * 1024, 'x');
  const more = (left: number) => {
    if (left > 0 && !response.destroyed) response.write(mebibyte, () => more(left - 1));
  };
  more(64);
};

describe('PrometheusClient', () => {
  const server = new Misbehaving();
  let base = '';
  let clock = new ManualClock();
  const client = (path = '') =>
    new PrometheusClient(`${base}${path}`, { clock, timeLimit: Duration.milliseconds(150) });

  before(async () => {
    base = await server.start();
  });
  beforeEach(() => {
    clock = new ManualClock();
    server.seen.length = 0;
  });
  after(() => server.stop());

  async function failure(handlers: Handler[], path = ''): Promise<CanaryError> {
    server.behave(...handlers);
    const error: unknown = await client(path)
      .query('up')
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    assert.ok(error instanceof CanaryError, `expected a CanaryError, got ${error}`);
    return error;
  }

  it('posts the query as a form, below the path of the base address', async () => {
    server.behave(ok);
    for (const path of ['', '/', '/prom', '/prom/', '/a/b//']) await client(path).query('up{a="b c&d"}');
    assert.deepEqual(
      server.seen.map(({ url }) => url),
      ['/api/v1/query', '/api/v1/query', '/prom/api/v1/query', '/prom/api/v1/query', '/a/b/api/v1/query'],
    );
    assert.equal(server.seen[0]?.method, 'POST');
    assert.equal(server.seen[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(new URLSearchParams(server.seen[0]?.body).get('query'), 'up{a="b c&d"}');
  });

  it('sends its headers with every try, and not to where it is redirected', async () => {
    const elsewhere = new Misbehaving();
    elsewhere.behave(ok);
    try {
      const headers = { Authorization: new Secret('Bearer hunter2'), 'X-Scope-OrgID': new Secret('shop') };
      const one = new PrometheusClient(base, { clock, headers });
      server.behave(text(503, ''), text(307, '', { location: `${await elsewhere.start()}/api/v1/query` }));
      await assert.rejects(one.query('up'), (error: unknown) => {
        assert.ok(error instanceof CanaryError);
        assert.match(error.sentence, /redirects/);
        assert.doesNotMatch(JSON.stringify(error) + error.sentence, /hunter2/);
        return true;
      });
      assert.deepEqual(
        server.seen.map(({ headers: { authorization, 'x-scope-orgid': tenant } }) => [authorization, tenant]),
        [
          ['Bearer hunter2', 'shop'],
          ['Bearer hunter2', 'shop'],
        ],
      );
      assert.deepEqual(elsewhere.seen, []);
      server.behave(text(401, ''));
      await assert.rejects(one.query('up'), /CanaryError|lets? us in/);
      const refused = await one.query('up').catch((error: CanaryError) => error.hint);
      assert.match(String(refused), /^Check the user and password/);
    } finally {
      await elsewhere.stop();
    }
  });

  it('waits as long as Retry-After says, and gives up at once where that is too long', async () => {
    server.behave(text(429, '', { 'retry-after': '3' }), text(503, '', { 'retry-after': '0' }), ok);
    await client().query('up');
    assert.deepEqual(clock.slept, [3000, 0]);
    clock = new ManualClock();
    server.seen.length = 0;
    const error = await failure([text(429, '', { 'retry-after': '11' })]);
    assert.match(error.sentence, /HTTP 429, tried once/);
    assert.deepEqual(clock.slept, []);
    const date = text(429, '', { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' });
    server.behave(date, ok);
    await client().query('up');
    assert.deepEqual(clock.slept, [500]);
  });

  it('keeps its connection between queries', async () => {
    server.behave(ok);
    const before = server.connections;
    const one = client();
    for (let i = 0; i < 3; i++) await one.query('up');
    assert.equal(server.connections - before, 1);
  });

  it('asks with tokens that are renewed, and once more with another where one is not taken', async () => {
    let made = 0;
    const dropped: string[] = [];
    const tokens = {
      current: async () => `token-${dropped.length + 1}`,
      drop: (token: string) => void dropped.push(token),
    };
    const client = new PrometheusClient(base, { clock, tokens });
    server.behave((request, response, body) => {
      made += 1;
      const isKnown = request.headers.authorization === 'Bearer token-2';
      (isKnown ? ok : text(401, ''))(request, response, body);
    });
    await client.query('up');
    assert.deepEqual([made, dropped], [2, ['token-1']]);
    server.behave(text(401, ''));
    const stranger = new PrometheusClient(base, { clock, tokens });
    await assert.rejects(stranger.query('up'), (error: unknown) => {
      assert.ok(error instanceof CanaryError);
      assert.match(error.sentence, /does not let us in.*HTTP 401.*role "Monitoring Data Reader"/);
      return true;
    });
    assert.deepEqual(dropped, ['token-1', 'token-2'], 'it is not asked for ever');
  });

  it('reads vectors, with NaN and infinities as numbers', async () => {
    server.behave(
      data('vector', [
        { metric: { a: 'b' }, value: [1.5, '0.25'] },
        { metric: {}, value: [2, 'NaN'] },
        { metric: {}, value: [2, '+Inf'] },
        { metric: {}, value: [2, '-Inf'] },
        { metric: {}, value: [2, '1e+06'] },
      ]),
    );
    const result = await client().query('x');
    assert.ok(result.type === 'vector');
    assert.deepEqual(result.series[0], { labels: { a: 'b' }, sample: { time: 1.5, value: 0.25 } });
    assert.deepEqual(
      result.series.slice(1).map(({ sample }) => sample.value),
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1_000_000],
    );
  });

  it('reads matrices, scalars, strings and warnings', async () => {
    server.behave(
      data('matrix', [
        {
          metric: { le: '5' },
          values: [
            [1, '2'],
            [3, '4'],
          ],
        },
      ]),
      ok,
      data('string', [1, 'x']),
      json(200, { status: 'success', warnings: ['partial'], data: { resultType: 'vector', result: [] } }),
    );
    const one = client();
    const samples = [
      { time: 1, value: 2 },
      { time: 3, value: 4 },
    ];
    assert.deepEqual(await one.query('m'), {
      type: 'matrix',
      series: [{ labels: { le: '5' }, samples }],
      warnings: [],
    });
    assert.deepEqual(await one.query('s'), { type: 'scalar', sample: { time: 1, value: 7 }, warnings: [] });
    assert.deepEqual(await one.query('t'), { type: 'string', time: 1, text: 'x', warnings: [] });
    assert.deepEqual(await one.query('w'), { type: 'vector', series: [], warnings: ['partial'] });
  });

  const recoveries: [what: string, trouble: Handler][] = [
    ['a 503', text(503, 'starting')],
    ['a 429', text(429, 'slow down')],
    ['a 500 from a proxy', text(500, '<html>')],
    ['a reset', reset],
    ['an answer that breaks off', halfway],
    ['no answer in time', silent],
    ['an answer that stalls', stalled],
  ];
  for (const [what, trouble] of recoveries) {
    it(`tries again after ${what}, with growing pauses by the clock`, async () => {
      server.behave(trouble, trouble, ok);
      assert.equal((await client().query('up')).type, 'scalar');
      assert.equal(server.seen.length, 3);
      assert.deepEqual(clock.slept, [500, 1000]);
    });
  }

  const failures: [what: string, code: ErrorCode, attempts: number, says: RegExp, handler: Handler][] = [
    ['503 for ever', 'PROMETHEUS_UNREACHABLE', 3, /HTTP 503, tried 3 times/, text(503, 'x')],
    [
      'a 503 in its own words',
      'PROMETHEUS_UNREACHABLE',
      3,
      /HTTP 503 \(timeout: query timed out\)/,
      json(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
    ],
    ['resets for ever', 'PROMETHEUS_UNREACHABLE', 3, /ECONNRESET.*tried 3 times/, reset],
    ['silence', 'PROMETHEUS_UNREACHABLE', 3, /no answer within 150ms, tried 3 times/, silent],
    ['a stall within the body', 'PROMETHEUS_UNREACHABLE', 3, /no answer within 150ms/, stalled],
    [
      'a refused query',
      'PROMETHEUS_UNFIT',
      1,
      /refuses the query.*bad_data: parse error: unexpected/,
      json(400, { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected' }),
    ],
    [
      'an error without a message',
      'PROMETHEUS_UNFIT',
      1,
      /an error without a message/,
      json(422, { status: 'error' }),
    ],
    [
      'a redirect',
      'PROMETHEUS_UNFIT',
      1,
      /redirects.*HTTP 302 to https:\/\/login\.example\/auth\. /,
      text(302, '', { location: 'https://login.example/auth?state=s3cret' }),
    ],
    ['a redirect to nowhere', 'PROMETHEUS_UNFIT', 1, /HTTP 307 to nowhere/, text(307, '')],
    ['401', 'PROMETHEUS_UNFIT', 1, /does not let us in.*prometheusServiceConnection/, text(401, 'x')],
    ['403', 'PROMETHEUS_UNFIT', 1, /HTTP 403/, text(403, 'x')],
    [
      '404',
      'PROMETHEUS_UNFIT',
      1,
      /HTTP 404 with no JSON but "404 page not found"/,
      text(404, '404 page not found'),
    ],
    ['an HTML page', 'PROMETHEUS_UNFIT', 1, /no JSON but "<html>/, text(200, '<html>hello</html>')],
    ['an empty body', 'PROMETHEUS_UNFIT', 1, /an empty body/, text(200, '')],
    ['JSON of something else', 'PROMETHEUS_UNFIT', 1, /status nothing/, json(200, { hello: 1 })],
    ['null', 'PROMETHEUS_UNFIT', 1, /null for the answer/, json(200, null)],
    ['no data', 'PROMETHEUS_UNFIT', 1, /nothing for data/, json(200, { status: 'success' })],
    ['an unknown type', 'PROMETHEUS_UNFIT', 1, /resultType "tensor"/, data('tensor', [])],
    ['a vector that is none', 'PROMETHEUS_UNFIT', 1, /should be a list/, data('vector', {})],
    [
      'a series without metric',
      'PROMETHEUS_UNFIT',
      1,
      /metric of a series/,
      data('vector', [{ value: [1, '1'] }]),
    ],
    [
      'a label that is a number',
      'PROMETHEUS_UNFIT',
      1,
      /label "a" with value 1/,
      data('vector', [{ metric: { a: 1 }, value: [1, '1'] }]),
    ],
    [
      'a value that is a number',
      'PROMETHEUS_UNFIT',
      1,
      /should be a string/,
      data('vector', [{ metric: {}, value: [1, 1] }]),
    ],
    ['a value that is empty', 'PROMETHEUS_UNFIT', 1, /"" for a value/, data('scalar', [1, ''])],
    ['a value in hexadecimal', 'PROMETHEUS_UNFIT', 1, /"0x10" for a value/, data('scalar', [1, '0x10'])],
    ['a timestamp that is text', 'PROMETHEUS_UNFIT', 1, /for a timestamp/, data('scalar', ['1', '1'])],
    [
      'matrix values that are none',
      'PROMETHEUS_UNFIT',
      1,
      /values of a series/,
      data('matrix', [{ metric: {} }]),
    ],
    [
      'a native histogram',
      'PROMETHEUS_UNFIT',
      1,
      /native histogram/,
      data('vector', [{ metric: {}, histogram: [1, {}] }]),
    ],
    [
      'samples out of order',
      'PROMETHEUS_UNFIT',
      1,
      /out of order/,
      data('matrix', [
        {
          metric: {},
          values: [
            [2, '1'],
            [1, '2'],
          ],
        },
      ]),
    ],
    ['a string that is none', 'PROMETHEUS_UNFIT', 1, /for a string/, data('string', [1, 2])],
    ['an endless body', 'PROMETHEUS_UNFIT', 1, /more than 32 MiB/, huge],
  ];
  for (const [what, code, attempts, says, handler] of failures) {
    it(`says what is wrong with ${what}`, async () => {
      server.behave(handler);
      const one = new PrometheusClient(`${base}/p`, {
        clock,
        timeLimit: handler === huge ? Duration.seconds(20) : Duration.milliseconds(150),
      });
      const error: unknown = await one.query('up').catch((thrown: unknown) => thrown);
      assert.ok(error instanceof CanaryError, `expected a CanaryError, got ${error}`);
      assert.equal(error.code, code);
      assert.match(error.sentence, says);
      assert.doesNotMatch(error.sentence, /s3cret/);
      assert.ok(error.sentence.includes(`${base}/p`), error.sentence);
      assert.ok(error.hint !== undefined);
      assert.equal(server.seen.length, attempts);
    });
  }

  it('shows bad values from outside cut short', async () => {
    const error = await failure([text(200, `<${'x'.repeat(10_000)}`)]);
    assert.ok(error.sentence.length < 500, error.sentence);
  });

  it('says who refused the connection', async () => {
    const closed = new Misbehaving();
    const address = await closed.start();
    await closed.stop();
    await assert.rejects(new PrometheusClient(address, { clock }).query('up'), (error: unknown) => {
      assert.ok(error instanceof CanaryError);
      assert.equal(error.code, 'PROMETHEUS_UNREACHABLE');
      assert.match(error.sentence, /ECONNREFUSED.*tried 3 times/);
      return true;
    });
  });

  it('says that a TLS address answers without TLS', async () => {
    server.behave(ok);
    const address = base.replace('http:', 'https:');
    await assert.rejects(new PrometheusClient(address, { clock }).query('up'), (error: unknown) => {
      assert.ok(error instanceof CanaryError);
      assert.equal(error.code, 'PROMETHEUS_UNREACHABLE');
      return true;
    });
  });

  it('never shows credentials of the address', async () => {
    server.behave(text(401, ''));
    const one = new PrometheusClient(base.replace('//', '//me:s3cret@'), { clock });
    await assert.rejects(one.query('up'), (error: unknown) => {
      assert.ok(error instanceof CanaryError);
      assert.doesNotMatch(error.sentence, /s3cret/);
      return true;
    });
    assert.equal(server.seen[0]?.headers.authorization, `Basic ${btoa('me:s3cret')}`);
  });
});
