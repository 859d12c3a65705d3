import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../../rig/child.ts';
import { repositoryRoot } from '../../../rig/paths.ts';
import { freePorts } from '../../../rig/ports.ts';
import { until } from '../../../rig/until.ts';

describe('the sample app', () => {
  let directory: string;
  let port: number;
  let app: Child | undefined;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sample-app-'));
    [port = 0] = await freePorts(1);
  });
  afterEach(() => app?.stop(0));
  after(() => rm(directory, { recursive: true }));

  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  const start = async (env: Record<string, string>) => {
    app = await Child.start({
      name: 'app',
      command: process.execPath,
      args: [join(repositoryRoot, 'samples', 'app', 'server.mjs')],
      env: { LISTEN_ADDRESS: '127.0.0.1', PORT: String(port), ...env },
      logFile: join(directory, 'app.log'),
    });
    return app;
  };
  const startAndWait = async (env: Record<string, string>) => {
    const child = await start(env);
    await child.ready(async () => (await fetch(url('/healthz'))).ok, 20_000);
    return child;
  };

  it('says its version and its pod', async () => {
    await startAndWait({ VERSION: '1.2.3', POD_NAME: 'me' });
    const answer = await fetch(url('/any/path'));
    assert.equal(answer.headers.get('x-app-version'), '1.2.3');
    assert.deepEqual(await answer.json(), { version: '1.2.3', pod: 'me' });
  });

  it('spreads its failures evenly at the rate it was told, and counts them', async () => {
    await startAndWait({ SUCCESS_RATE: '90.0' });
    const codes: number[] = [];
    for (let request = 0; request < 40; request++) codes.push((await fetch(url('/'))).status);
    const failures = codes.flatMap((code, index) => (code === 500 ? [index + 1] : []));
    assert.deepEqual(failures, [10, 20, 30, 40]);
    const metrics = await (await fetch(url('/metrics'))).text();
    assert.match(metrics, /^http_requests_total\{code="200"\} 36$/m);
    assert.match(metrics, /^http_requests_total\{code="500"\} 4$/m);
    assert.match(metrics, /^http_request_duration_seconds_bucket\{le="\+Inf"\} 40$/m);
  });

  it('refuses a rate that is no number, instead of failing every request', async () => {
    const child = await start({ SUCCESS_RATE: '98%' });
    assert.equal((await child.exited).code, 2);
    assert.equal(await child.logTail(), 'SUCCESS_RATE must be a number from 0 up, but is "98%"');
  });

  it('is not ready before its time', async () => {
    const slow = await startAndWait({ STARTUP_MS: '60000' });
    assert.equal((await fetch(url('/ready'))).status, 503);
    assert.equal((await fetch(url('/'))).status, 503);
    await slow.stop(0);
    await startAndWait({ STARTUP_MS: '300' });
    await until('it is ready', async () => (await fetch(url('/ready'))).status === 200);
    assert.equal((await fetch(url('/'))).status, 200);
  });

  it('crashes after as many requests as it was told, and answers them all', async () => {
    const child = await startAndWait({ CRASH_AFTER_REQUESTS: '3', EXIT_CODE: '9' });
    for (let request = 0; request < 3; request++) assert.equal((await fetch(url('/'))).status, 200);
    assert.equal((await child.exited).code, 9);
  });

  it('shuts down without losing a request: it ends each kept-alive connection with an answer', async () => {
    const child = await startAndWait({ SHUTDOWN_MS: '60000', DELAY_MS: '50' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string) =>
      new Promise<{ status: number; connection: string | undefined }>((resolve, reject) => {
        get(url(path), { agent }, response => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, connection: response.headers.connection });
        }).once('error', reject);
      });
    assert.deepEqual(await ask('/'), { status: 200, connection: 'keep-alive' });
    child.signal('SIGTERM');
    await until('it knows', async () => (await ask('/ready')).status === 503);
    for (let request = 0; request < 5; request++) {
      assert.deepEqual(await ask('/'), { status: 200, connection: 'close' });
    }
    agent.destroy();
  });

  it('ends in good order when its time to shut down is over', async () => {
    const child = await startAndWait({ SHUTDOWN_MS: '100' });
    child.signal('SIGTERM');
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});
