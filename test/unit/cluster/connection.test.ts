import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Connection,
  type ConnectionSpec,
  openConnection,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { certificate, privateKey } from './test-server.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

interface Entries {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly top?: object;
}

/** A kubeconfig with one context, `main`. */
function kubeconfig({ cluster, user, context, top }: Entries = {}): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user: user ?? { token: 'secret-token' } }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', ...context } }],
    'current-context': 'main',
    ...top,
  });
}

const spec = (text: string, context?: string): ConnectionSpec => ({
  kind: 'kubeconfig',
  kubeconfig: text,
  acceptUntrustedCerts: false,
  ...(context && { context }),
});

describe('connection', () => {
  let folder: string;
  let secrets: string[];
  let now: number;
  const open = (given: ConnectionSpec): Promise<Connection> =>
    openConnection(given, { registerSecret: secret => secrets.push(secret), now: () => now });
  const headers = async (connection: Connection) => (await connection.credentials.current()).headers;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'connection-'));
    secrets = [];
    now = 1_000_000;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function refusal(given: ConnectionSpec): Promise<string> {
    try {
      await open(given);
    } catch (error) {
      assert.ok(error instanceof CanaryError, String(error));
      assert.equal(error.code, 'CONNECTION_INVALID');
      assert.ok(!error.sentence.includes('secret'), error.sentence);
      return error.sentence;
    }
    return assert.fail('it was taken');
  }

  it('reads server, namespace, trust and token of the current context', async () => {
    const connection = await open(
      spec(
        kubeconfig({
          cluster: {
            server: 'https://127.0.0.1:6443/prefix/',
            'certificate-authority-data': base64(certificate),
            'tls-server-name': 'api.example',
          },
          context: { namespace: 'shop' },
        }),
      ),
    );
    assert.equal(connection.server, 'https://127.0.0.1:6443/prefix');
    assert.equal(connection.namespace, 'shop');
    assert.deepEqual(connection.trust, {
      ca: certificate,
      servername: 'api.example',
      rejectUnauthorized: true,
    });
    assert.deepEqual(await headers(connection), { authorization: 'Bearer secret-token' });
    assert.deepEqual(secrets, ['secret-token']);
  });

  it('reads YAML as well as JSON, and the context that the connection chooses', async () => {
    const text = [
      'clusters:',
      '- {name: a, cluster: {server: "https://127.0.0.1:1"}}',
      '- {name: b, cluster: {server: "https://127.0.0.1:2"}}',
      'users: [{name: u, user: {token: t}}]',
      'contexts:',
      '- {name: one, context: {cluster: a, user: u}}',
      '- {name: two, context: {cluster: b, user: u, namespace: n}}',
      'current-context: one',
    ].join('\n');
    assert.equal((await open(spec(text))).server, 'https://127.0.0.1:1');
    const chosen = await open(spec(text, 'two'));
    assert.equal(chosen.server, 'https://127.0.0.1:2');
    assert.equal(chosen.namespace, 'n');
    assert.match(await refusal(spec(text, 'three')), /no context "three".*one of one, two/);
  });

  it('makes a connection of a server, a token and a certificate', async () => {
    const connection = await open({
      kind: 'token',
      server: 'https://127.0.0.1:6443/',
      token: 'secret-token\n',
      caData: base64(certificate),
      acceptUntrustedCerts: false,
    });
    assert.equal(connection.server, 'https://127.0.0.1:6443');
    assert.equal(connection.namespace, undefined);
    assert.deepEqual(connection.trust, { ca: certificate, rejectUnauthorized: true });
    assert.deepEqual(await headers(connection), { authorization: 'Bearer secret-token' });
  });

  it('trusts anybody only where the connection or the kubeconfig says so', async () => {
    const relaxed = { ...spec(kubeconfig()), acceptUntrustedCerts: true };
    assert.equal((await open(relaxed)).trust.rejectUnauthorized, false);
    const inside = spec(kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    assert.equal((await open(inside)).trust.rejectUnauthorized, false);
  });

  it('registers token, password and client key before anything can use them', async () => {
    const user = {
      'client-certificate-data': base64(certificate),
      'client-key-data': base64(privateKey),
      username: 'admin',
      password: 'secret-password',
    };
    const connection = await open(spec(kubeconfig({ user })));
    const basic = base64('admin:secret-password');
    assert.deepEqual(secrets, ['secret-password', privateKey, basic]);
    const credentials = await connection.credentials.current();
    assert.deepEqual(credentials.headers, { authorization: `Basic ${basic}` });
    assert.deepEqual(credentials.certificate, { cert: certificate, key: privateKey });
  });

  it('acts as another user where the kubeconfig says so, and refuses what it could not keep', async () => {
    const connection = await open(spec(kubeconfig({ user: { token: 't', as: 'jane', 'as-uid': '7' } })));
    assert.deepEqual(await headers(connection), {
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
    });
    assert.match(await refusal(spec(kubeconfig({ user: { token: 't', 'as-groups': ['g'] } }))), /as-groups/);
  });

  it('reads a token file again after a minute, and at once when the token is refused', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first\n');
    const connection = await open(spec(kubeconfig({ user: { token: 'old', tokenFile } })));
    const authorization = async () => (await headers(connection)).authorization;
    assert.equal(await authorization(), 'Bearer first');
    writeFileSync(tokenFile, 'second');
    now += 59_000;
    assert.equal(await authorization(), 'Bearer first');
    now += 2_000;
    assert.equal(await authorization(), 'Bearer second');
    writeFileSync(tokenFile, 'third');
    assert.equal(connection.credentials.refuse(await connection.credentials.current()), true);
    assert.equal(await authorization(), 'Bearer third');
    assert.deepEqual(secrets, ['first', 'second', 'third']);
  });

  it('takes an oidc token that is still good', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: 4e9 })}.x`;
    const user = { 'auth-provider': { name: 'oidc', config: { 'id-token': token } } };
    const connection = await open(spec(kubeconfig({ user })));
    assert.deepEqual(await headers(connection), { authorization: `Bearer ${token}` });
    assert.deepEqual(secrets, [token]);
    assert.equal(connection.credentials.refuse(await connection.credentials.current()), false);
  });

  it('says what is wrong with a kubeconfig, and never quotes it', async () => {
    const refused: [string, RegExp][] = [
      ['', /does not hold a kubeconfig/],
      ['just text', /does not hold a kubeconfig/],
      ['{"clusters": [{"token": "secret"', /not YAML.*in line 1/],
      ['a: 1\nb: [secret\nc: }', /not YAML.*in line/],
      [`clusters: []\n#${'x'.repeat(1024 * 1024)}`, /too large/],
      [kubeconfig({ top: { 'current-context': '' } }), /no current-context.*one of main/],
      [kubeconfig({ top: { 'current-context': 'gone' } }), /no context "gone".*one of main/],
      [kubeconfig({ top: { contexts: [] } }), /no context "main".*at least one context/],
      [kubeconfig({ top: { clusters: [] } }), /names the cluster "c"/],
      [kubeconfig({ top: { users: [] } }), /names the user "u"/],
      [
        kubeconfig({ top: { clusters: [{ name: 'c', cluster: {} }] } }),
        /clusters\[0\]\.cluster\.server is missing/,
      ],
      [kubeconfig({ cluster: { server: '127.0.0.1:6443' } }), /expected https:\/\/host:port, found "127/],
      [kubeconfig({ cluster: { server: 'https://me:secret@127.0.0.1' } }), /an address with a user name/],
      [kubeconfig({ cluster: { 'certificate-authority-data': base64('none') } }), /certificate or key.*PEM/],
      [
        kubeconfig({ cluster: { 'certificate-authority': '/none/ca.crt' } }),
        /certificate-authority-data instead/,
      ],
      [kubeconfig({ cluster: { 'proxy-url': 'socks5://127.0.0.1:1' } }), /proxy-url/],
      [kubeconfig({ user: { token: 'two secret words' } }), /not a token/],
      [
        kubeconfig({ user: { 'client-certificate-data': base64('x'), 'client-key-data': base64('y') } }),
        /PEM/,
      ],
      [kubeconfig({ user: { 'auth-provider': { name: 'azure' } } }), /"azure".*kubelogin convert-kubeconfig/],
      [kubeconfig({ user: { exec: { args: ['a'] } } }), /no command/],
      [kubeconfig({ user: { exec: { command: 'x', interactiveMode: 'Always' } } }), /needs a terminal/],
    ];
    for (const [text, expected] of refused) assert.match(await refusal(spec(text)), expected);
  });

  it('speaks plain HTTP only where a kubeconfig says so', async () => {
    const local = await open(spec(kubeconfig({ cluster: { server: 'http://127.0.0.1:8001' } })));
    assert.equal(local.server, 'http://127.0.0.1:8001');
    const bare = {
      kind: 'token',
      server: 'http://127.0.0.1:8001',
      token: 't',
      acceptUntrustedCerts: true,
    } as const;
    assert.match(await refusal(bare), /expected https:/);
  });

  describe('with a login program', () => {
    /** A plugin that counts its runs in a file and prints what its first argument makes. */
    function plugin(body: string, more: object = {}): ConnectionSpec {
      const script = join(folder, 'login.mjs');
      writeFileSync(
        script,
        `import { appendFileSync, readFileSync } from 'node:fs';
         appendFileSync(${JSON.stringify(join(folder, 'runs'))}, process.env.KUBERNETES_EXEC_INFO + '\\n');
         const run = readFileSync(${JSON.stringify(join(folder, 'runs'))}, 'utf8').split('\\n').length - 1;
         const print = status => console.log(JSON.stringify({ kind: 'ExecCredential', status }));
         ${body}`,
      );
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: [script],
        env: [{ name: 'GREETING', value: 'hello' }],
        ...more,
      };
      const cluster = {
        'certificate-authority-data': base64(certificate),
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
      };
      return spec(kubeconfig({ user: { exec }, cluster }));
    }
    const runs = () => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n');

    it('logs in once for all who wait, and again only when the token is refused', async () => {
      const connection = await open(plugin('setTimeout(() => print({ token: "token-" + run }), 20);'));
      const { credentials } = connection;
      const all = await Promise.all(Array.from({ length: 5 }, () => credentials.current()));
      assert.deepEqual(new Set(all.map(one => one.headers.authorization)), new Set(['Bearer token-1']));
      now += 1e9;
      assert.equal((await credentials.current()).headers.authorization, 'Bearer token-1');
      const [old] = all;
      assert.ok(old);
      assert.equal(credentials.refuse(old), true);
      assert.equal((await credentials.current()).headers.authorization, 'Bearer token-2');
      credentials.refuse(old);
      assert.equal((await credentials.current()).headers.authorization, 'Bearer token-2');
      assert.equal(runs().length, 2);
      assert.deepEqual(secrets, ['token-1', 'token-2']);
    });

    it('logs in again when two minutes are left, or a quarter of a short life', async () => {
      now = Date.parse('2026-01-01T00:00:00Z');
      const long = await open(
        plugin(
          'print({ token: "t" + run, expirationTimestamp: run === 1 ? "2026-01-01T01:00:00Z" : "2026-01-01T01:00:10Z" });',
        ),
      );
      const token = async () => (await headers(long)).authorization;
      assert.equal(await token(), 'Bearer t1');
      now = Date.parse('2026-01-01T00:57:59Z');
      assert.equal(await token(), 'Bearer t1');
      now = Date.parse('2026-01-01T00:58:01Z');
      assert.equal(await token(), 'Bearer t2');
      now = Date.parse('2026-01-01T00:58:05Z');
      assert.equal(await token(), 'Bearer t2');
      assert.equal(runs().length, 2);
    });

    it('gives the program its environment, and tells it of the cluster only where it is to know', async () => {
      await headers(await open(plugin('print({ token: process.env.GREETING });')));
      const told = await open(
        plugin('print({ token: process.env.GREETING });', { provideClusterInfo: true }),
      );
      assert.deepEqual(await headers(told), { authorization: 'Bearer hello' });
      const [without, withCluster] = runs().map(line => JSON.parse(line));
      assert.deepEqual(without.spec, { interactive: false });
      assert.deepEqual(withCluster.spec, {
        interactive: false,
        cluster: {
          server: 'https://127.0.0.1:6443',
          'certificate-authority-data': base64(certificate),
          config: { audience: 'a' },
        },
      });
    });

    it('takes a client certificate', async () => {
      const body = `print({ clientCertificateData: ${JSON.stringify(certificate)}, clientKeyData: ${JSON.stringify(privateKey)} });`;
      const { certificate: own } = await (await open(plugin(body))).credentials.current();
      assert.deepEqual(own, { cert: certificate, key: privateKey });
      assert.deepEqual(secrets, [privateKey]);
    });

    it('says how a login failed, without quoting what was printed', async () => {
      const failures: [() => ConnectionSpec, RegExp][] = [
        [() => plugin('console.error("no tenant"); process.exit(3);'), /exit code 3: no tenant/],
        [() => plugin('console.log("half a secret");'), /expected an ExecCredential.*14 characters/],
        [() => plugin('print({});'), /expected an ExecCredential/],
        [
          () => plugin('', { command: join(folder, 'none'), installHint: 'Get it from the shop' }),
          /no such program.*Get it from the shop/,
        ],
      ];
      for (const [given, expected] of failures) {
        const connection = await open(given());
        await assert.rejects(connection.credentials.current(), (error: unknown) => {
          assert.ok(error instanceof CanaryError && error.code === 'CONNECTION_INVALID');
          assert.match(error.sentence, expected);
          assert.ok(!error.sentence.includes('half'), error.sentence);
          return true;
        });
      }
    });
  });
});
