import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../../sandbox/tls/certificate.ts';
import { writeZip } from '../../../scripts/zip.ts';
import { installKubelogin } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/install-kubelogin.ts';
import {
  kubeloginUser,
  withoutSecretFlags,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kubelogin.ts';
import { Network } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import { readProxy } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/proxy-address.ts';
import { readZipped } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/unzip.ts';
import { ConnectProxy } from '../../network/connect-proxy.ts';
import { KubeloginReleases } from '../../network/kubelogin-releases.ts';
import { failure } from './client.ts';
import { plainNetwork } from './plain-network.ts';

const login = { user: 'me', password: 'pass' };
const certificate = makeCertificate('github.com', 'objects.example.com');
const linux = { platform: 'linux', arch: 'x64' };

describe('kubelogin', () => {
  let toolsDirectory: string;
  let releases: KubeloginReleases;
  let proxy: ConnectProxy;
  let told: string[];

  beforeEach(async () => {
    toolsDirectory = mkdtempSync(join(tmpdir(), 'tools-'));
    releases = await KubeloginReleases.start(certificate, '0.2.10', '#!/bin/sh\n');
    proxy = await ConnectProxy.start({ ...login, servers: releases.servers });
    told = [];
  });
  afterEach(async () => {
    rmSync(toolsDirectory, { recursive: true });
    await Promise.all([proxy.stop(), releases.stop()]);
  });

  const install = (version: string, machine = linux) => {
    const way = readProxy(proxy.url, login);
    assert.ok(way);
    const network = new Network({
      ...plainNetwork,
      proxies: { https: way },
      authorities: [certificate.cert],
    });
    return installKubelogin({ version, toolsDirectory }, network, line => told.push(line), machine);
  };

  it('is fetched through the proxy, compared with its checksum, and kept for the next time', async () => {
    const path = await install('latest');
    assert.equal(path, join(toolsDirectory, 'kubelogin', '0.2.10', 'x64', 'kubelogin'));
    assert.equal(readFileSync(path, 'utf8'), '#!/bin/sh\n');
    assert.equal(statSync(path).mode & 0o777, 0o755);
    const file = 'kubelogin-linux-amd64.zip';
    assert.deepEqual([...releases.asked].sort(), [
      `github.com/Azure/kubelogin/releases/download/v0.2.10/${file}`,
      `github.com/Azure/kubelogin/releases/download/v0.2.10/${file}.sha256`,
      'github.com/Azure/kubelogin/releases/latest',
      `objects.example.com/${file}`,
      `objects.example.com/${file}.sha256`,
    ]);
    assert.match(told.join(), /^kubelogin 0\.2\.10 was fetched from https:\/\/github\.com\//);

    releases.asked.splice(0);
    assert.equal(await install('0.2.10'), path);
    assert.deepEqual(releases.asked, []);
  });

  it('is not taken where its checksum is another, or its version or machine unknown', async () => {
    releases.checksum = '0'.repeat(64);
    assert.match(
      await failure(install('0.2.10'), 'CONNECTION_INVALID'),
      /has the checksum [0-9a-f]{64}, and its release says 0{64}\. Install it in an earlier step/,
    );
    releases.checksum = 'none';
    assert.match(await failure(install('0.2.10'), 'CONNECTION_INVALID'), /its release says none/);
    assert.match(await failure(install('9.9.9'), 'CONNECTION_INVALID'), /HTTP 404 from github\.com/);
    assert.match(
      await failure(install('0.2.10', { platform: 'sunos', arch: 'x64' }), 'CONNECTION_INVALID'),
      /there is none for sunos on x64/,
    );
    assert.deepEqual(told, []);
  });

  it('is taken from the cache of the agent where another task has put it there', async () => {
    const folder = join(toolsDirectory, 'kubelogin', '0.2.10', 'x64');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'kubelogin'), 'theirs');
    const before = await install('0.2.10');
    assert.equal(readFileSync(before, 'utf8'), '#!/bin/sh\n', 'one that is not complete is fetched again');
    writeFileSync(join(folder, 'kubelogin'), 'theirs');
    assert.equal(readFileSync(await install('0.2.10'), 'utf8'), 'theirs');
  });

  it('is the newest in the cache where GitHub can not say which is the latest', async () => {
    for (const version of ['0.2.9', '0.2.10', '0.1.99']) {
      const folder = join(toolsDirectory, 'kubelogin', version, 'x64');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'kubelogin'), version);
      writeFileSync(`${folder}.complete`, '');
    }
    mkdirSync(join(toolsDirectory, 'kubelogin', '0.3.0', 'x64'), { recursive: true });
    await proxy.stop();
    assert.equal(readFileSync(await install('latest'), 'utf8'), '0.2.10');
    rmSync(join(toolsDirectory, 'kubelogin'), { recursive: true });
    assert.match(await failure(install('latest'), 'CONNECTION_INVALID'), /the proxy .* cannot be used/);
  });

  it('gets no secret among its arguments', () => {
    const args = ['get-token', '--client-secret', 's1', '--client-certificate-password=s2', '--login', 'spn'];
    assert.deepEqual(withoutSecretFlags([...args, '--disable-environment-override']), {
      args: ['get-token', '--login', 'spn'],
      env: {
        AAD_SERVICE_PRINCIPAL_CLIENT_SECRET: 's1',
        AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD: 's2',
      },
    });
    const harmless = ['get-token', '--disable-environment-override', '--client-id', 'id'];
    assert.deepEqual(withoutSecretFlags(harmless), { args: harmless, env: {} });
  });

  it('would ask a person in a kubeconfig that names no other login', () => {
    const user = (exec: object) => ({ exec: { command: 'kubelogin', ...exec } });
    const aks = '6dae42f8-4368-4678-94ff-3960e28e3630';
    for (const [given, serverId, needsPerson, environment] of [
      [user({}), aks, true, {}],
      [user({ args: ['--server-id', 'mine', '-l', 'interactive'] }), 'mine', true, {}],
      [user({ args: ['--server-id=mine', '--login=spn'] }), 'mine', false, {}],
      [user({ command: 'C:\\tools\\kubelogin.exe', args: ['-l', 'msi'] }), aks, false, {}],
      [user({ env: [{ name: 'AAD_LOGIN_METHOD', value: 'msi' }] }), aks, false, {}],
      [user({ args: ['-l', 'devicecode'] }), aks, false, { AAD_LOGIN_METHOD: 'workloadidentity' }],
      [{ 'auth-provider': { name: 'azure', config: { 'apiserver-id': 'mine' } } }, 'mine', true, {}],
    ] as const) {
      assert.deepEqual(kubeloginUser(given, environment), { serverId, needsPerson }, JSON.stringify(given));
    }
    assert.equal(kubeloginUser(user({ command: 'aws' }), {}), undefined);
    assert.equal(kubeloginUser({ token: 't' }, {}), undefined);
  });
});

describe('a zip archive', () => {
  const content = Buffer.from('x'.repeat(1000));
  const archive = writeZip([
    { path: 'a', content: Buffer.from('a') },
    { path: 'b/c', content },
  ]);

  it('gives the file that is wanted, whole', () => {
    assert.deepEqual(
      readZipped(archive, path => path === 'b/c'),
      content,
    );
    assert.equal(
      readZipped(archive, () => false),
      undefined,
    );
  });

  it('that is damaged or none is refused', () => {
    assert.throws(() => readZipped(Buffer.from('<html>'), () => true), /no zip archive/);
    const damaged = Buffer.from(archive);
    // The checksum of the first file, in the directory.
    const at = damaged.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16;
    damaged.writeUInt32LE(1, at);
    assert.throws(() => readZipped(damaged, path => path === 'a'), /damaged/);
    assert.throws(() => readZipped(archive.subarray(30), () => true));
  });
});
