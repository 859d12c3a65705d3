import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Prometheus } from '../../sandbox/prometheus/prometheus.ts';
import { sampleManifests } from '../../sandbox/sample.ts';
import { State } from '../../sandbox/state.ts';
import { Shop } from './shop.ts';

/** A shop with all that the rows need around it. Nothing in it changes, so all rows share it. */
export class BadWorld {
  private constructor(
    readonly shop: Shop,
    /** Prometheus without a target. */
    readonly blind: Prometheus,
    /** Prometheus that answers with errors only. */
    readonly broken: Prometheus,
    private readonly login: Server,
  ) {}

  static async open(): Promise<BadWorld> {
    const reads = ['get', 'list', 'watch'];
    const shop = await Shop.open({
      users: [
        { name: 'viewer', token: 'the-token-of-a-viewer', may: ({ verb }) => reads.includes(verb) },
        {
          name: 'web-only',
          token: 'the-token-of-web-only',
          may: ({ verb, resource }) => reads.includes(verb) && resource !== 'mappings',
        },
        { name: 'keeper', token: 'the-token-of-a-keeper', may: ({ verb }) => verb !== 'delete' },
      ],
    });
    const app = await sampleManifests();
    for (const [namespace, objects] of Object.entries(others(app))) {
      shop.sandbox.state.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      for (const object of objects) {
        shop.sandbox.state.apply({ ...object, metadata: { ...object.metadata, namespace } });
      }
    }
    const { state } = shop.sandbox;
    await state.until(() => state.list('apps/v1', 'Deployment').every(found => State.isRolledOut(found)));
    const deployment = JSON.stringify(app.find(({ kind }) => kind === 'Deployment'));
    await shop.write({
      'good/deployment.json': deployment,
      'good/service.json': JSON.stringify(app.find(({ kind }) => kind === 'Service')),
      'copy/deployment.json': deployment,
      'utf-16/app.yaml': Buffer.from(`\uFEFF${deployment}`, 'utf16le'),
      'broken/service.yaml':
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: sample-app\nspec:\n  ports: [80\n',
    });
    const [blind, broken] = await Promise.all(
      [1, 2].map(() => Prometheus.start({ targets: [], scrapeEveryMs: 1_000 })),
    );
    assert.ok(blind && broken);
    broken.mood = 'failing';
    const login = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in</html>');
    });
    await new Promise<void>(resolve => login.listen(0, '127.0.0.1', resolve));
    return new BadWorld(shop, blind, broken, login);
  }

  get page(): string {
    return `http://127.0.0.1:${(this.login.address() as AddressInfo).port}`;
  }

  /** The message without what is another in each run. */
  anonymous(text: string): string {
    return [
      [this.shop.folder, '<folder>'],
      [this.shop.sandbox.server, '<server>'],
      [this.blind.url, '<blind>'],
      [this.broken.url, '<broken>'],
      [this.page, '<page>'],
    ].reduce((rest, [found = '', name = '']) => rest.replaceAll(found, name), text);
  }

  async close(): Promise<void> {
    this.login.close();
    await Promise.all([this.shop.close(), this.blind.stop(), this.broken.stop()]);
  }
}

type Objects = Awaited<ReturnType<typeof sampleManifests>>;

/** By namespace, shops that can't get a canary. Their routes are their own. */
function others(app: Objects): Record<string, Objects> {
  const withRoute = (spec: Record<string, unknown>) =>
    app.map(object =>
      object.kind === 'Mapping' ? { ...object, spec: { ...(object.spec as object), ...spec } } : object,
    );
  const deployment = app.filter(({ kind }) => kind === 'Deployment');
  return {
    weighted: withRoute({ prefix: '/weighted/', weight: 30 }),
    foreign: [
      ...withRoute({ prefix: '/foreign/' }),
      ...deployment.map(object => ({
        ...object,
        metadata: { ...object.metadata, name: 'sample-app-canary' },
      })),
    ],
    routeless: app.filter(({ kind }) => kind !== 'Mapping'),
  };
}
