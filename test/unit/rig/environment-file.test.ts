import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEnvironmentFile } from '../../../rig/traffic/environment-file.ts';
import { nextVersion } from '../../../rig/traffic/sample-app.ts';

describe('a release by hand', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rig-environment-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gets from the file, through Node, what the agent would hand to the step', async () => {
    const path = join(folder, 'release.env');
    const cluster = { server: 'https://127.0.0.1:1', adminToken: 'secret', caPem: 'a\nb\n' };
    const inputs = { weights: "10, 'x', 50", manifests: 'one\ntwo' };
    await writeEnvironmentFile(path, cluster, inputs, join(folder, 'agent'));
    const code = 'console.log(JSON.stringify(process.env))';
    const output = execFileSync(process.execPath, [`--env-file=${path}`, '-e', code], { encoding: 'utf8' });
    const found = JSON.parse(output) as Record<string, string>;
    assert.equal(found.INPUT_WEIGHTS, inputs.weights);
    assert.equal(found.INPUT_MANIFESTS, inputs.manifests);
    assert.equal(found.INPUT_PAUSE, '5m', 'the default of an input that nobody gave');
    assert.equal(found.INPUT_KUBERNETESSERVICECONNECTION, 'rig');
    assert.equal(found.ENDPOINT_URL_rig, cluster.server);
    const { parameters } = JSON.parse(found.ENDPOINT_AUTH_rig ?? '');
    assert.equal(Buffer.from(parameters.apiToken, 'base64').toString(), cluster.adminToken);
    assert.equal((await stat(path)).mode & 0o777, 0o600, 'nobody else may read the token');
  });
});

describe('the version of the sample app', () => {
  it('has a next one', () => {
    assert.deepEqual(['1.0.0', '1.9.3', 'latest'].map(nextVersion), ['1.1.0', '1.10.0', '1.0.0']);
  });
});
