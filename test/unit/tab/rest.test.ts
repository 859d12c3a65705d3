import assert from 'node:assert/strict';
import { BuildSource } from '../../../tab/build-source.ts';
import { ReleaseSource } from '../../../tab/release-source.ts';
import { mostBytes, Rest } from '../../../tab/rest.ts';

/** Answers by path: a number is a status, and what is not there a 404. Keeps what was asked, with the token that came along. */
class Api {
  readonly asked: string[] = [];
  readonly tokens = new Set<string | null>();

  constructor(private readonly answers: Readonly<Record<string, unknown>>) {}

  rest(base = 'https://dev.azure.com/shop') {
    return new Rest(
      base,
      async () => 'the-token',
      async (input, init) => this.#answer(new URL(String(input)), new Headers(init?.headers)),
    );
  }

  #answer(url: URL, headers: Headers): Response {
    this.asked.push(url.pathname + url.search);
    this.tokens.add(headers.get('authorization'));
    const answer = this.answers[url.pathname] ?? 404;
    if (typeof answer === 'number') return new Response('', { status: answer });
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }
}

const unsettled = () => false;
const build = '/shop/p%201/_apis/build/builds/42';
const type = 'attachments/ambassador-canary-report';
const listed = (href: string) => ({ value: [{ name: 'one', _links: { self: { href } } }] });

describe('the reports of a build', () => {
  it('are asked for with a version that Servers know, and with the token of the reader', async () => {
    const api = new Api({
      [build]: { status: 'completed' },
      [`${build}/${type}`]: listed('https://dev.azure.com/shop/x/one'),
      '/shop/x/one': '{"a":1}',
    });
    const found = await new BuildSource(api.rest(), 'p 1', 42).read(unsettled);
    assert.deepEqual(found, { attachments: [{ name: 'one', text: '{"a":1}' }], runEnded: true });
    assert.deepEqual(api.asked, [
      `${build}?api-version=6.0`,
      `${build}/${type}?api-version=6.0-preview`,
      '/shop/x/one',
    ]);
    assert.deepEqual([...api.tokens], ['Bearer the-token']);
  });

  it('are not fetched again once they are settled', async () => {
    const api = new Api({
      [build]: { status: 'inProgress' },
      [`${build}/${type}`]: listed('https://dev.azure.com/shop/x/one'),
    });
    const found = await new BuildSource(api.rest(), 'p 1', 42).read(name => name === 'one');
    assert.deepEqual([found.attachments, api.asked.length], [[], 2]);
  });

  it('are none where the server knows no such type of attachment', async () => {
    const api = new Api({ [build]: { status: 'inProgress' } });
    const found = await new BuildSource(api.rest(), 'p 1', 42).read(unsettled);
    assert.deepEqual(found, { attachments: [], runEnded: false });
  });

  for (const href of [
    'https://evil.example.com/one',
    'http://dev.azure.com/one',
    'https://dev.azure.com.evil.example.com/one',
    'https://evildev.azure.com/one',
  ]) {
    it(`are not fetched from ${href}: the token stays with the organisation`, async () => {
      const api = new Api({
        [build]: { status: 'completed' },
        [`${build}/${type}`]: listed(href),
        '/one': '{}',
      });
      await assert.rejects(
        new BuildSource(api.rest(), 'p 1', 42).read(unsettled),
        /where this page does not go/,
      );
      assert.equal(api.asked.length, 2);
    });
  }

  it('may lie under the old name of the organisation, but for a Server under its own only', async () => {
    const address = 'https://shop.visualstudio.com/x';
    assert.equal(await new Api({ '/x': 'text' }).rest().attachment(address), 'text');
    const server = new Api({ '/x': 'text' }).rest('https://tfs.example.com/tfs/Shop/');
    await assert.rejects(server.attachment(address), /does not go/);
    assert.equal(await server.attachment('https://tfs.example.com/x'), 'text');
  });

  for (const [status, message] of [
    [401, /sign-in/],
    [203, /sign-in/],
    [403, /may not read/],
    [503, /answered 503/],
  ] as const) {
    it(`say in words what ${status} means`, async () => {
      const api = new Api({ [build]: status });
      await assert.rejects(new BuildSource(api.rest(), 'p 1', 42).read(unsettled), message);
    });
  }

  it('are refused where one is larger than any that the step writes', async () => {
    const api = new Api({ '/shop/x': 'x'.repeat(mostBytes + 1) });
    await assert.rejects(api.rest().attachment('https://dev.azure.com/shop/x'), /larger/);
  });

  it('are told to be out of reach where nobody answers', async () => {
    const nobody = () => Promise.reject(new TypeError('Failed to fetch'));
    const rest = new Rest('https://dev.azure.com/shop', async () => 'the-token', nobody);
    await assert.rejects(new BuildSource(rest, 'p', 1).read(unsettled), /dev\.azure\.com did not answer/);
  });
});

describe('the reports of a stage of a classic release', () => {
  const release = '/shop/p/_apis/release/releases/7';
  const stage = (status: string) => ({
    environments: [
      { id: 1, status: 'succeeded', deploySteps: [] },
      {
        id: 2,
        status,
        deploySteps: [1, 2].map(attempt => ({
          attempt,
          releaseDeployPhases: [{ runPlanId: `plan-${attempt}` }, {}],
        })),
      },
    ],
  });
  const plan = (attempt: number) => `${release}/environments/2/attempts/${attempt}/plan/plan-${attempt}`;
  const one = { name: 'a', timelineId: 't', recordId: 'r' };

  it('are those of all its attempts', async () => {
    const api = new Api({
      [release]: stage('rejected'),
      [`${plan(1)}/${type}`]: { value: [one] },
      [`${plan(1)}/timelines/t/records/r/${type}/a`]: 'first',
      [`${plan(2)}/${type}`]: { value: [one, { name: 'odd' }] },
      [`${plan(2)}/timelines/t/records/r/${type}/a`]: 'second',
    });
    const { attachments, runEnded } = await new ReleaseSource(api.rest(), 'p', 7, 2).read(unsettled);
    assert.deepEqual(
      attachments.map(({ text }) => text),
      ['first', 'second'],
    );
    assert.equal(runEnded, true);
  });

  for (const status of ['notStarted', 'queued', 'inProgress', 'scheduled']) {
    it(`may still come while the stage is ${status}`, async () => {
      const api = new Api({ [release]: stage(status) });
      const { runEnded } = await new ReleaseSource(api.rest(), 'p', 7, 2).read(unsettled);
      assert.equal(runEnded, false);
    });
  }
});
