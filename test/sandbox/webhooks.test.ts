import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { endedAs, isPromoted, untouched } from './endings.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

const token = 'hunter2-hunter2';

/** A team's own server: it counts who calls, and answers by path. */
class Team {
  readonly calls: { readonly path: string; readonly body: unknown; readonly authorized: boolean }[] = [];
  /** How often the gate is asked until it opens. */
  gateOpensAt = 3;
  /** What the acceptance test answers. */
  acceptance = { status: 200, body: '{"result":"passed"}' };
  url = '';
  readonly #server: Server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const body = request.method === 'GET' ? undefined : await json(request);
    this.calls.push({ path, body, authorized: request.headers.authorization === `Bearer ${token}` });
    if (path === '/test') response.writeHead(this.acceptance.status).end(this.acceptance.body);
    else if (path === '/gate') response.writeHead(this.count('/gate') < this.gateOpensAt ? 403 : 200).end();
    else response.writeHead(204).end();
  });

  static async meet(work: (team: Team) => Promise<void>): Promise<void> {
    const team = new Team();
    await new Promise<void>(resolve => team.#server.listen(0, '127.0.0.1', resolve));
    team.url = `http://127.0.0.1:${(team.#server.address() as AddressInfo).port}`;
    try {
      await work(team);
    } finally {
      team.#server.closeAllConnections();
      await new Promise(resolve => team.#server.close(resolve));
    }
  }

  count(path: string): number {
    return this.calls.filter(call => call.path === path).length;
  }

  /** The input, with all four kinds. */
  get checks(): string {
    const hooks = [
      [
        'acceptance',
        'test',
        'before',
        'headers: { Authorization: "Bearer $(token)" }, expectJson: { path: result, equals: passed }, ',
      ],
      ['traffic', 'load', 'load', ''],
      ['boss', 'gate?weight={{weight}}', 'gate', 'method: GET, '],
      ['chat', 'chat', 'after', 'body: { text: "{{stable}} at {{weight}} %: {{outcome}}: {{reason}}" }, '],
    ];
    return hooks
      .map(
        ([name, path, when, more]) =>
          `- { ${more}name: ${name}, webhook: "${this.url}/${path}", when: ${when} }`,
      )
      .join('\n');
  }
}

describe('webhooks, with the built step', function () {
  this.timeout(60_000);

  stage.it('are called in their time, and a gate holds the canary until it opens', () =>
    Team.meet(team =>
      inShop({}, async shop => {
        const before = shop.everything();
        const { main } = await shop.release({
          inputs: { checks: team.checks },
          job: { secretVariables: { token } },
        });
        const reason = 'sample-app passed 50 %';
        endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason });
        assert.deepEqual(main.issues, []);
        assert.deepEqual(
          team.calls.map(({ path }) => path),
          ['/test', '/load', '/gate', '/gate', '/gate', '/chat'],
        );
        const names = {
          canary: 'sample-app-canary',
          stable: 'sample-app',
          namespace: 'default',
          service: 'sample-app-canary',
        };
        const [test, load, , , , chat] = team.calls;
        assert.deepEqual(test?.body, { name: 'acceptance', when: 'before', ...names, weight: 0 });
        assert.equal(test?.authorized, true);
        assert.deepEqual(load?.body, { name: 'traffic', when: 'load', ...names, weight: 50 });
        assert.deepEqual(chat?.body, { text: `sample-app at 0 %: promoted: ${reason}` });
        const log = main.lines.join('\n');
        assert.match(log, /^ {2}webhooks {2}before acceptance, load traffic, gate boss, after chat$/m);
        assert.match(
          log,
          /^ {2}0 % {2}00:00 {2}acceptance +HTTP 200, "passed" 2xx, result = "passed" .* pass$/m,
        );
        assert.match(log, /^Load at 50 %: traffic HTTP 204 \(limit 2xx\)$/m);
        assert.match(log, /^ 50 % {2}00:0\d {2}boss .* HTTP 403 2xx .* inconclusive$/m);
        assert.match(log, /^ 50 % {2}00:0\d {2}boss .* HTTP 200 2xx .* pass$/m);
        await isPromoted(shop, before);
      }),
    ),
  );

  stage.it(
    'of an acceptance test that fails keep the canary from all traffic, whatever its answer says',
    () =>
      Team.meet(team =>
        untouched({}, async shop => {
          const evil = '\n##vso[task.complete result=Succeeded]\n##[section]promoted';
          team.acceptance = { status: 422, body: `Bearer ${token}${evil}` };
          const { main } = await shop.release({
            inputs: { checks: team.checks },
            job: { secretVariables: { token } },
          });
          const { outcome, reason = '', failedStep, failedCheck } = main.outputVariables;
          assert.deepEqual(
            [outcome, failedStep, failedCheck],
            ['rolled-back', '0 %', 'acceptance'],
            main.lines.join('\n'),
          );
          assert.match(reason, /^At 0 %: acceptance HTTP 422/);
          assert.doesNotMatch(
            JSON.stringify(main.outputVariables) + main.lines.join('\n'),
            /hunter2|##vso|^##\[section\]promoted/m,
          );
          assert.equal(main.result, 'Failed');
          assert.deepEqual(
            team.calls.map(({ path }) => path),
            ['/test', '/chat'],
          );
        }),
      ),
  );
});
