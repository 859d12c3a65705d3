import assert from 'node:assert/strict';
import { decodeApiToken } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/api-token.ts';
import {
  type ConnectionFields,
  parseConnection,
  secretsOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-connection.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

const none: ConnectionFields = {
  url: undefined,
  authorizationType: undefined,
  acceptUntrustedCerts: undefined,
  namespace: undefined,
  kubeconfig: undefined,
  clusterContext: undefined,
  apiToken: undefined,
  serviceAccountCertificate: undefined,
};
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
const pem = (what: string) =>
  `-----BEGIN ${what}-----\nTUlJQ3pEQ0NBYlNnQXdJQkFnSUJBREFO\nabc=\n-----END ${what}-----\n`;
const account: ConnectionFields = {
  ...none,
  url: 'https://cluster.example.com:6443/',
  authorizationType: 'ServiceAccount',
  apiToken: base64(jwt),
  serviceAccountCertificate: base64(pem('CERTIFICATE')),
};

function problemOf(fields: ConnectionFields): string {
  try {
    parseConnection(fields);
  } catch (thrown) {
    const [error] = toCanaryErrors(thrown);
    assert.equal(error?.code, 'CONNECTION_INVALID');
    return error.sentence;
  }
  throw new assert.AssertionError({ message: 'an error was expected' });
}

describe('a service connection', () => {
  it('of kind Kubeconfig is the kubeconfig with the chosen context', () => {
    const fields = {
      ...none,
      authorizationType: 'Kubeconfig',
      kubeconfig: ' {} \n',
      clusterContext: 'blue',
      acceptUntrustedCerts: 'True',
    };
    assert.deepEqual(parseConnection(fields), {
      connection: { kind: 'kubeconfig', kubeconfig: '{}', context: 'blue', acceptUntrustedCerts: true },
    });
  });

  it('without a kind counts as Kubeconfig, and an empty context as none', () => {
    assert.deepEqual(parseConnection({ ...none, kubeconfig: '{}', clusterContext: '' }), {
      connection: { kind: 'kubeconfig', kubeconfig: '{}', acceptUntrustedCerts: false },
    });
  });

  it('of kind ServiceAccount is a server with the decoded token', () => {
    assert.deepEqual(parseConnection(account), {
      connection: {
        kind: 'token',
        server: 'https://cluster.example.com:6443/',
        token: jwt,
        caData: base64(pem('CERTIFICATE')),
        acceptUntrustedCerts: false,
      },
    });
  });

  it('of kind AzureSubscription brings its namespace', () => {
    const fields = {
      ...account,
      authorizationType: 'AzureSubscription',
      namespace: 'shop',
      serviceAccountCertificate: '',
    };
    const { connection, namespace } = parseConnection(fields);
    assert.equal(namespace, 'shop');
    assert.ok(connection.kind === 'token' && !('caData' in connection));
  });

  it('takes a certificate that was pasted as PEM', () => {
    const { connection } = parseConnection({ ...account, serviceAccountCertificate: pem('CERTIFICATE') });
    assert.ok(connection.kind === 'token');
    assert.match(Buffer.from(connection.caData ?? '', 'base64').toString(), /^-----BEGIN CERTIFICATE/);
  });

  it('that lacks something says what, without quoting a secret', () => {
    assert.match(problemOf(none), /expected a kubeconfig, found none/);
    assert.match(problemOf({ ...account, url: '' }), /URL of the API server/);
    assert.match(problemOf({ ...account, apiToken: undefined }), /token of a service account.*found none/);
    assert.doesNotMatch(problemOf({ ...account, apiToken: 'hunter2 hunter2' }), /hunter2/);
    assert.match(problemOf({ ...account, authorizationType: 'Other' }), /found Other/);
  });
});

describe('an API token', () => {
  for (const [what, given, token] of [
    ['base64 of a JWT', base64(jwt), jwt],
    ['base64 over several lines', base64(jwt).replace(/.{20}/g, '$&\n'), jwt],
    ['base64 of a token that ends with a line break', base64(`${jwt}\n`), jwt],
    ['a JWT that was pasted as it is', jwt, jwt],
    ['another token that was pasted as it is', 'abcdef.0123456789abcdef', 'abcdef.0123456789abcdef'],
    [
      'a token that looks like base64 of nothing readable',
      'k8sToken0123456789abcdef',
      'k8sToken0123456789abcdef',
    ],
    ['nothing', ' ', undefined],
    ['text with blanks', 'not a token', undefined],
  ] as const) {
    it(`is found in ${what}`, () => assert.equal(decodeApiToken(given), token));
  }
});

describe('the secrets of a connection', () => {
  const key = pem('RSA PRIVATE KEY');
  const kubeconfig = `
apiVersion: v1
clusters: [{ name: c, cluster: { server: https://cluster.example.com } }]
users:
  - name: a
    user: { token: token-of-a }
  - name: b
    user: { username: bob, password: "pass of b" }
  - name: c
    user: { client-certificate-data: Y2VydA==, client-key-data: ${base64(key)} }
  - name: d
    user:
      exec: { command: login, env: [{ name: SECRET, value: secret-of-d }] }
  - name: e
    user:
      auth-provider: { name: oidc, config: { id-token: id-of-e, refresh-token: refresh-of-e } }
  - null
`;

  it('are a token in every form', () => {
    const secrets = secretsOf(account);
    assert.ok(secrets.includes(jwt));
    assert.ok(secrets.includes(base64(jwt)));
  });

  it('are all credentials of a kubeconfig, and what is made of them', () => {
    const secrets = secretsOf({ ...none, kubeconfig });
    for (const secret of [
      'token-of-a',
      base64('token-of-a'),
      'pass of b',
      base64('bob:pass of b'),
      base64(key),
      'TUlJQ3pEQ0NBYlNnQXdJQkFnSUJBREFO',
      'secret-of-d',
      'id-of-e',
      'refresh-of-e',
    ]) {
      assert.ok(secrets.includes(secret), secret);
    }
  });

  it('are nothing that is no secret, and nothing that the agent would refuse', () => {
    const secrets = secretsOf({ ...account, kubeconfig });
    assert.ok(secrets.length > 0);
    assert.ok(secrets.every(secret => secret.trim() !== '' && !/[\r\n]/.test(secret)));
    for (const open of ['bob', 'Y2VydA==', 'abc=', '-----BEGIN RSA PRIVATE KEY-----', 'c']) {
      assert.ok(!secrets.includes(open), open);
    }
  });

  it('are none in a text that is no kubeconfig', () => {
    for (const text of ['', '{', '[1]', 'users: 3', 'users: [1, {user: 2}]']) {
      assert.deepEqual(secretsOf({ ...none, kubeconfig: text }), []);
    }
  });
});
