import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../scripts/bundle.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';

/** What an exec plugin and a cloud's own command would print. */
const credential = `console.log(JSON.stringify({
  status: { token: 'of-exec' },
  credential: { token: 'of-cloud', expiry: '2999-01-01T00:00:00Z' },
}));`;

/** Uses every package that the bundle loads late, and prints what came of it. */
const probe = `
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Document, LineCounter, parseAllDocuments, parseDocument } from 'yaml';

const script = process.argv[2];
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const idToken = (exp: number) => [base64({}), base64({ exp }), 'signature'].join('.');
const nextYear = Math.floor(Date.now() / 1000) + 31_536_000;

async function connect(user: object, cluster: object = {}): Promise<any> {
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }));
  const options: any = {};
  await config.applyToHTTPSOptions(options);
  return { config, bearer: options.headers.Authorization, proxy: options.agent.proxy };
}
const provider = (name: string, config: object) => ({ 'auth-provider': { name, config } });
const cloud = () => ({ 'cmd-path': process.execPath, 'cmd-args': script, 'token-key': '{.credential.token}', 'expiry-key': '{.credential.expiry}' });

export async function main() {
  const { config } = await connect({ token: 't' });
  const fetchOptions = await config.applyToFetchOptions({ headers: { a: 'b' } });
  const lines = new LineCounter();
  parseDocument('a: 1\\nb: 2', { lineCounter: lines });
  console.log(JSON.stringify({
    exec: (await connect({ exec: { command: process.execPath, args: [script] } })).bearer,
    azure: (await connect(provider('azure', cloud()))).bearer,
    gcp: (await connect(provider('gcp', cloud()))).bearer,
    oidc: (await connect(provider('oidc', { 'id-token': idToken(nextYear) }))).bearer === 'Bearer ' + idToken(nextYear),
    socks: (await connect({ token: 't' }, { 'proxy-url': 'socks5://127.0.0.1:1' })).proxy.type,
    proxy: (await connect({ token: 't' }, { 'proxy-url': 'http://127.0.0.1:1' })).proxy,
    header: fetchOptions.headers.get('a'),
    documents: parseAllDocuments('a: 1\\n---\\nb: 2').length,
    line: lines.linePos(5).line,
    isDocument: parseDocument('a: 1') instanceof Document,
  }));
}
export function guard() {}
`;

describe('packages that the bundle loads late', () => {
  const folder = mkdtempSync(join(tmpdir(), 'late-packages-'));
  after(() => rmSync(folder, { recursive: true }));

  before(async () => {
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'credential.js'), credential);
    writeFileSync(join(folder, 'main.ts'), probe);
    writeFileSync(join(folder, 'guard.ts'), 'export { guard } from "./main.ts";');
    await bundle(folder, folder, '0.0.0');
  });

  for (const { major, path } of ensureAgentNodes()) {
    it(`work on Node ${major}: exec plugins, old auth providers, OIDC, proxies, YAML`, () => {
      const files = [join(folder, 'main.js'), join(folder, 'credential.js')];
      const { stdout, stderr } = spawnSync(path, files, { encoding: 'utf8', timeout: 20_000 });
      assert.equal(stderr, '');
      assert.deepEqual(JSON.parse(stdout), {
        exec: 'Bearer of-exec',
        azure: 'Bearer of-cloud',
        gcp: 'Bearer of-cloud',
        oidc: true,
        socks: 5,
        proxy: 'http://127.0.0.1:1/',
        header: 'b',
        documents: 2,
        line: 2,
        isDocument: true,
      });
    });
  }
});
