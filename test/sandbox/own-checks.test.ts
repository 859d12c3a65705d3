import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { genericEndpoint, kubeconfigEndpoint } from '../agent/endpoints.ts';
import { endedAs, isPromoted, untouched } from './endings.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

/** Lets nobody through to Prometheus who has not the right headers. */
class Doorkeeper {
  url = '';
  readonly refused: IncomingHttpHeaders[] = [];
  readonly #server: Server;

  constructor(prometheus: string, wanted: Readonly<Record<string, string>>) {
    this.#server = createServer(async (request, response) => {
      const body = await text(request);
      if (Object.entries(wanted).some(([name, value]) => request.headers[name] !== value)) {
        this.refused.push(request.headers);
        response.writeHead(401).end();
        return;
      }
      const { 'content-type': type = '' } = request.headers;
      const answer = await fetch(`${prometheus}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      response.writeHead(answer.status).end(await answer.text());
    });
  }

  async open(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

const canaryRate =
  'sum(rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name="sample_app_canary_default"}[1m]))';

describe('own checks, with the built step', function () {
  this.timeout(60_000);

  stage.it('take a version back that is beyond their limit twice in a row', () =>
    untouched({}, async shop => {
      const checks = `- name: rate\n  query: ${canaryRate}\n  max: 0\n- name: idea\n  query: vector(7)\n  max: 1\n  dryRun: true`;
      const { main } = await shop.release({ inputs: { checks, pause: '5s' } });
      const { reason = '' } = main.outputVariables;
      assert.match(reason, /^At 50 %: rate [\d.]+ \(limit ≤ 0\)$/);
      endedAs(main, {
        result: 'Failed',
        outcome: 'rolled-back',
        reason,
        failedStep: '50 %',
        failedCheck: 'rate',
      });
      const log = main.lines.join('\n');
      assert.match(
        log,
        /^ {2}checks {4}success-rate ≥ 99 %, errors-vs-stable, slowness-vs-stable, rate ≤ 0, idea ≤ 1 \(dry run\), every 500ms$/m,
      );
      assert.match(log, /^ 50 % {2}00:0\d {2}idea +7 ≤ 1 +fail \(dry run\)$/m);
    }),
  );

  stage.it('refuse every query that is wrong before anything is written', () =>
    untouched({}, async shop => {
      const checks = '- name: broken\n  query: sum(\n  max: 1\n- name: range\n  query: up[5m]\n  max: 1';
      const { main } = await shop.release({ inputs: { checks } });
      const errors = main.issues.filter(({ type }) => type === 'error').map(({ message }) => message);
      assert.equal(errors.length, 3, main.lines.join('\n'));
      assert.match(
        errors[0] ?? '',
        /^INPUT_INVALID: Input `checks` can't be used: the query of broken: expected a query that Prometheus takes, found bad_data: .*parse error/,
      );
      assert.match(errors[1] ?? '', /the query of range: .*comes to a range of samples/);
      assert.deepEqual(shop.writes(), []);
    }),
  );

  stage.it('ask a Prometheus that wants a login and a tenant, which nobody gets to see', () =>
    inShop({}, async shop => {
      const before = shop.everything();
      const login = `Basic ${Buffer.from('shop:hunter2').toString('base64')}`;
      const door = new Doorkeeper(shop.sandbox.prometheusUrl, {
        authorization: login,
        'x-scope-orgid': 'tenant-7',
      });
      await door.open();
      try {
        const endpoint = kubeconfigEndpoint({ kubeconfig: shop.sandbox.kubeconfig });
        const { main } = await shop.release({
          endpoint,
          inputs: {
            prometheus: door.url,
            prometheusServiceConnection: 'metrics',
            prometheusHeaders: 'X-Scope-OrgID: tenant-7',
            checks: `- name: rate\n  query: ${canaryRate}\n  min: 0\n`,
          },
          job: {
            endpoints: [endpoint, genericEndpoint({ name: 'metrics', user: 'shop', password: 'hunter2' })],
          },
        });
        endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
        assert.deepEqual(door.refused, []);
        assert.doesNotMatch(main.lines.join('\n'), /hunter2|tenant-7/);
        await isPromoted(shop, before);
      } finally {
        await door.close();
      }
    }),
  );
});
