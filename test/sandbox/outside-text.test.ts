import assert from 'node:assert/strict';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { type Forge, Forger } from './forger.ts';
import { isHarmless } from './harmless.ts';
import { outsideAnswers } from './outside-answers.ts';
import { echoes } from './outside-echoes.ts';
import { outsideManifests } from './outside-manifests.ts';
import { outsideReleases } from './outside-releases.ts';
import { inShop, type Release, Shop } from './shop.ts';
import { stage } from './stage.ts';

describe('text from outside, in the log of the built step,', function () {
  this.timeout(60_000);
  let opened: Promise<Shop> | undefined;
  after(async () => (await opened)?.close());

  // Those that take their time first.
  for (const { from, given, shows } of outsideReleases) {
    stage.it(`is text in the log of a release: ${from}`, () =>
      inShop({}, async shop => {
        const { release, end = () => {}, ...forges } = given(shop);
        const job = await releaseBehind(shop, forges, release).finally(end);
        const log = unwrapped([...job.main.lines, ...(job.postJob?.lines ?? [])]);
        for (const pattern of shows) assert.match(log, pattern);
        isHarmless(job);
      }),
    );
  }

  for (const [index, { from, files, shows, ...row }] of [...outsideAnswers, ...outsideManifests].entries()) {
    stage.it(`is text in the log: ${from}`, async () => {
      opened ??= Shop.open();
      const shop = await opened;
      const folder = `outside-${index}`;
      const entries = Object.entries(files ?? {}).map(([name, content]) => [`${folder}/${name}`, content]);
      await shop.write(Object.fromEntries(entries));
      const inputs = files === undefined ? {} : { manifests: folder, containers: '' };
      const job = await releaseBehind(shop, row, {
        version: '1.0.0',
        ...row.given,
        inputs: { ...inputs, ...row.given?.inputs },
      });
      assert.match(unwrapped(job.main.lines), shows);
      isHarmless(job);
    });
  }

  for (const { from, secrets, ...echo } of echoes) {
    stage.it(`shows no secret that is repeated: ${from}`, async () => {
      opened ??= Shop.open();
      const job = await releaseBehind(await opened, echo, { version: '1.0.0' });
      const { stdout, lines, outputVariables, resultText, attachments, testResults } = job.main;
      const files = [...attachments, ...testResults].map(({ content }) => content);
      assert.match(files.join(), /ECHO/, 'the report tells of it as well');
      assert.match(resultText, /ECHO/, lines.join('\n'));
      const told = stdout.split('\n').filter(line => !line.startsWith('##vso[task.setsecret]'));
      for (const piece of secrets.flatMap(piecesOf)) {
        const leaks = [...told, ...files, ...Object.values(outputVariables)].filter(line =>
          line.includes(piece),
        );
        assert.deepEqual(leaks, [], `${piece} leaks`);
      }
      isHarmless(job);
    });
  }
});

interface Between {
  readonly cluster?: Forge | undefined;
  readonly prometheus?: Forge | undefined;
  /** A connection by the administrator's token where nothing is said. */
  readonly connection?: (server: string, certificate: string) => Endpoint;
}

/** Releases with a forger before the API server and before Prometheus, where one is given. */
async function releaseBehind(shop: Shop, between: Between, release: Release): Promise<JobResult> {
  const { cluster, prometheus, connection = byToken } = between;
  const certificate = makeCertificate();
  const { server, prometheusUrl } = shop.sandbox;
  const [api, metrics] = await Promise.all([
    cluster && Forger.start({ target: server, certificate, forge: cluster }),
    prometheus && Forger.start({ target: prometheusUrl, forge: prometheus }),
  ]);
  try {
    return await shop.release({
      ...release,
      ...(api && { endpoint: connection(api.url, certificate.cert) }),
      inputs: { ...(metrics && { prometheus: metrics.url }), ...release.inputs },
    });
  } finally {
    await Promise.all([api?.stop(), metrics?.stop()]);
  }

  function byToken(forger: string, trusted: string): Endpoint {
    return shop.connection({ server: forger, certificate: trusted });
  }
}

/** A text that was cut within a secret may show this much of it, and no more. */
function piecesOf(secret: string): readonly string[] {
  return (
    secret.match(/.{1,12}/g)?.filter((piece, _, { length }) => length === 1 || piece.length === 12) ?? []
  );
}
