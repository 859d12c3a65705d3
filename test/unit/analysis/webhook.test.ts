import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  jsonAt,
  parseJsonPath,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/json-path.ts';
import { WebhookClient } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/webhook.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import type {
  Webhook,
  WebhookFacts,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/webhook.ts';
import { webhook } from '../release/webhook-doubles.ts';
import { ManualClock } from './doubles.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const names = { canary: 'web-canary', stable: 'web', namespace: 'shop', service: 'web-canary' };

describe('a webhook and a real server', () => {
  const seen: Seen[] = [];
  let handlers: Handler[] = [];
  let base = '';
  let clock = new ManualClock();
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    (handlers.length > 1 ? handlers.shift() : handlers[0])?.(request, response, body);
  });

  before(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    seen.length = 0;
    handlers = [text(200)];
    clock = new ManualClock();
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const text =
    (status: number, body = '', headers: http.OutgoingHttpHeaders = {}): Handler =>
    (_, response) =>
      response.writeHead(status, headers).end(body);
  const reset: Handler = request => request.socket.destroy();
  const silent: Handler = () => {};

  type Changes = Partial<Webhook> & { readonly path?: string };
  async function call(
    { path = '/hook', ...changes }: Changes = {},
    facts: WebhookFacts = { weight: 25 },
    signal?: AbortSignal,
  ): Promise<Measurement> {
    const one = webhook({ href: base + path, ...changes });
    const client = new WebhookClient({ webhooks: [one], names, clock });
    const [measurement, ...others] = await client.ask(one.when, facts, signal);
    assert.ok(measurement !== undefined && others.length === 0);
    return measurement;
  }

  it('is told what the release is about, as JSON', async () => {
    assert.deepEqual(await call(), {
      check: 'hook',
      limit: '2xx',
      actsAtOnce: true,
      verdict: 'pass',
      value: 'HTTP 200',
    });
    assert.equal(seen[0]?.method, 'POST');
    assert.equal(seen[0]?.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { name: 'hook', when: 'before', ...names, weight: 25 });
    await call({ when: 'after' }, { weight: 0, outcome: 'promoted', reason: 'all "well"' });
    assert.deepEqual(JSON.parse(seen[1]?.body ?? ''), {
      name: 'hook',
      when: 'after',
      ...names,
      weight: 0,
      outcome: 'promoted',
      reason: 'all "well"',
    });
  });

  it('gets its own body and headers, in which no value can break out of its string', async () => {
    const reason = 'a "quote", a \\ and\na line';
    await call(
      {
        method: 'PUT',
        headers: { 'Content-Type': new Secret('application/vnd.x+json'), 'X-Token': new Secret('t0p') },
        body: new Secret('{"text": "{{canary}} at {{ weight }} %: {{outcome}}, {{reason}}"}'),
      },
      { weight: 5, outcome: 'rolled-back', reason },
    );
    const [{ method, headers, body } = { method: '', headers: {} as never, body: '' }] = seen;
    assert.deepEqual(
      [method, headers['content-type'], headers['x-token']],
      ['PUT', 'application/vnd.x+json', 't0p'],
    );
    assert.deepEqual(JSON.parse(body), { text: `web-canary at 5 %: rolled-back, ${reason}` });
  });

  it('has values in its URL as URLs have them, and no body where its method has none', async () => {
    await call(
      { method: 'GET', path: '/{{namespace}}?why={{reason}}&w={{weight}}' },
      { weight: 5, reason: 'a b&c=/' },
    );
    assert.deepEqual([seen[0]?.url, seen[0]?.body], ['/shop?why=a%20b%26c%3D%2F&w=5', '']);
    assert.equal(seen[0]?.headers['content-type'], undefined);
  });

  const json = (value: unknown) => text(200, JSON.stringify(value));
  const expectJson = { path: 'result.status', equals: 'passed' };
  const verdicts: [
    what: string,
    handler: Handler,
    changes: Changes,
    verdict: string,
    value: string,
    detail?: RegExp,
  ][] = [
    ['any 2xx', text(204), {}, 'pass', 'HTTP 204'],
    ['a 202', text(202, 'queued'), {}, 'pass', 'HTTP 202'],
    ['a 4xx', text(422, '3 of 20 failed'), {}, 'fail', 'HTTP 422', /^it says "3 of 20 failed"$/],
    ['a 500', text(500), {}, 'fail', 'HTTP 500'],
    ['a 503', text(503), {}, 'error', 'HTTP 503'],
    ['a 429', text(429), {}, 'error', 'HTTP 429'],
    ['a redirect', text(302, '', { location: '/x' }), {}, 'fail', 'HTTP 302', /redirects are not followed/],
    ['a 4xx of a gate', text(403), { when: 'gate' }, 'inconclusive', 'HTTP 403'],
    ['a 503 of a gate', text(503), { when: 'gate' }, 'error', 'HTTP 503'],
    ['a status that is expected', text(404), { expectStatus: [200, 404] }, 'pass', 'HTTP 404'],
    ['a 503 that is expected', text(503), { expectStatus: [503] }, 'pass', 'HTTP 503'],
    ['a 2xx that is not expected', text(202), { expectStatus: [200] }, 'fail', 'HTTP 202'],
    [
      'JSON that says so',
      json({ result: { status: 'passed' } }),
      { expectJson },
      'pass',
      'HTTP 200, "passed"',
    ],
    [
      'JSON that says else',
      json({ result: { status: 'failed' } }),
      { expectJson },
      'fail',
      'HTTP 200, "failed"',
      /^it says/,
    ],
    [
      'JSON of another type',
      json({ n: '1' }),
      { expectJson: { path: 'n', equals: 1 } },
      'fail',
      'HTTP 200, "1"',
      /^it says/,
    ],
    ['JSON without that place', json({}), { expectJson }, 'fail', 'HTTP 200, nothing', /^it says "\{\}"$/],
    ['no JSON', text(200, '<html>'), { expectJson }, 'fail', 'HTTP 200, nothing', /it says "<html>"/],
    ['a reset', reset, {}, 'error', 'no answer', /^ECONNRESET: socket hang up$/],
    [
      'silence',
      silent,
      { timeout: Duration.milliseconds(80) },
      'error',
      'no answer',
      /^no answer within 80ms$/,
    ],
    [
      'too long an answer',
      text(200, 'x'.repeat(1024 * 1024 + 1)),
      {},
      'error',
      'no answer',
      /more than 1 MiB/,
    ],
  ];
  for (const [what, handler, changes, verdict, value, detail] of verdicts) {
    it(`takes ${what} for ${verdict}`, async () => {
      handlers = [handler];
      const measurement = await call({ retries: 0, ...changes });
      assert.deepEqual([measurement.verdict, measurement.value], [verdict, value]);
      assert.match(measurement.detail ?? '', detail ?? /^$/);
      assert.equal(seen.length, 1);
    });
  }

  it('is tried again where the server is in trouble, with growing pauses, as often as it says', async () => {
    handlers = [text(503), reset, text(200)];
    assert.equal((await call()).verdict, 'pass');
    assert.deepEqual(clock.slept, [500, 1000]);
    handlers = [text(503)];
    seen.length = 0;
    assert.equal((await call({ retries: 4 })).verdict, 'error');
    assert.equal(seen.length, 5);
    seen.length = 0;
    handlers = [text(429, '', { 'retry-after': '2' }), text(200)];
    await call();
    assert.equal(clock.slept.at(-1), 2000);
  });

  it('is not tried again where it was answered', async () => {
    handlers = [text(404)];
    await call();
    assert.equal(seen.length, 1);
  });

  it('is given up when nobody waits for it any more', async () => {
    handlers = [silent];
    const giveUp = new AbortController();
    const answer = call({}, { weight: 1 }, giveUp.signal);
    while (seen.length === 0) await new Promise(setImmediate);
    giveUp.abort();
    assert.equal((await answer).verdict, 'error');
    assert.equal((await call({}, { weight: 1 }, giveUp.signal)).verdict, 'error');
    assert.equal(seen.length, 1);
  });

  it('never shows what it sent, also where the server repeats it', async () => {
    handlers = [
      (request, response, body) =>
        response.writeHead(404).end(`${request.url} ${request.headers.authorization} ${body}`),
    ];
    const { detail = '' } = await call({
      path: '/services/T00/B00?sig=abcdef',
      headers: { Authorization: new Secret('Bearer hunter2-hunter2') },
      body: new Secret('{"password": "swordfish"}'),
    });
    assert.match(detail, /^it says "\*\*\*/);
    assert.doesNotMatch(detail, /hunter2|T00|abcdef|swordfish/);
  });

  it('shows of a long answer, and of one that holds commands, a beginning in one line', async () => {
    handlers = [text(400, `first\nsecond ${'x'.repeat(5000)}`)];
    const { detail = '' } = await call();
    assert.match(detail, /^it says "first\\nsecond x+"$/);
    assert.ok(detail.length < 230);
  });

  it('is an error where its URL comes to none', async () => {
    const one = webhook({ href: 'http://{{reason}}:80/' });
    const client = new WebhookClient({ webhooks: [one], names, clock });
    const [answer] = await client.ask('before', { weight: 0, reason: 'not a host' });
    assert.deepEqual(
      [answer?.verdict, answer?.detail],
      ['error', 'its URL is none once the names are in it'],
    );
  });

  it('calls those of a time, all at once', async () => {
    const waiting: http.ServerResponse[] = [];
    handlers = [(_, response) => waiting.push(response) === 2 && waiting.forEach(one => void one.end())];
    const all = ['a', 'b', 'c'].map(name =>
      webhook({ href: base, name, when: name === 'c' ? 'after' : 'gate' }),
    );
    const client = new WebhookClient({ webhooks: all, names, clock });
    const answers = await client.ask('gate', { weight: 1 });
    assert.deepEqual(
      answers.map(({ check }) => check),
      ['a', 'b'],
    );
    assert.deepEqual(await client.ask('load', { weight: 1 }), []);
  });
});

describe('a path into JSON', () => {
  const document = { a: { 'b-c': [{ ok: true }, null] }, '0': 'zero' };
  for (const [path, value] of [
    ['a.b-c[0].ok', true],
    ['$.a.b-c[1]', null],
    ['$[0]', 'zero'],
    ['a.x.y', undefined],
    ['toString', undefined],
    ['a.b-c.length', 2],
  ] as const) {
    it(`${path} leads to ${JSON.stringify(value)}`, () =>
      assert.deepEqual(jsonAt(document, parseJsonPath(path) ?? []), value));
  }

  for (const bad of ['', '$', 'a..b', 'a[b]', 'a[0', 'a b', '.', 'a.']) {
    it(`is not ${JSON.stringify(bad)}`, () => assert.equal(parseJsonPath(bad), undefined));
  }
});
