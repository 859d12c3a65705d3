import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { type Endpoint, kubeconfigEndpoint, serviceAccountEndpoint } from '../agent/endpoints.ts';
import type { Forge } from './forger.ts';

/** An API server that repeats what must not be shown. */
export interface Echo {
  readonly from: string;
  readonly cluster: Forge;
  /** The connection to the server at this address, of which this certificate (PEM) is to be trusted. */
  readonly connection: (server: string, certificate: string) => Endpoint;
  /** What must be nowhere, not even in pieces. */
  readonly secrets: readonly string[];
}

/** So long that every message which repeats it is cut somewhere in it. */
const longToken = ['eyJhbGciOiJSUzI1NiJ9', 'Q0FOQVJZ1x2y3z4w'.repeat(80), 'c2lnbmF0dXJl'].join('.');
const shortToken = 'abcdef.0123456789abcdef';
const password = 'p"a\\s%s: w$rd';
const { key, cert } = makeCertificate();

const message = (words: string) => JSON.stringify({ kind: 'Status', reason: 'ECHO', message: words });

const byToken = (token: string) => ({
  connection: (server: string, certificate: string) => serviceAccountEndpoint({ server, token, certificate }),
  secrets: [token, base64(token)],
});

/** A kubeconfig whose user is this. */
const byUser = (user: object, secrets: readonly string[]) => ({
  connection: (server: string, certificate: string) =>
    kubeconfigEndpoint({
      kubeconfig: JSON.stringify({
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        clusters: [{ name: 'a', cluster: { server, 'certificate-authority-data': base64(certificate) } }],
        users: [{ name: 'a', user }],
      }),
    }),
  secrets,
});

export const echoes: readonly Echo[] = [
  {
    from: 'a long token in a refusal',
    cluster: ({ authorization }) => ({ status: 403, body: message(`not for ${authorization}`) }),
    ...byToken(longToken),
  },
  {
    from: 'a short token and its base64 in a refusal',
    cluster: ({ authorization }) => ({
      status: 401,
      body: message(`not for ${authorization} (${base64(shortToken)})`),
    }),
    ...byToken(shortToken),
  },
  {
    from: 'a token in a refusal that is no JSON',
    cluster: ({ authorization }) => ({ status: 400, body: `ECHO <pre>${authorization}</pre>` }),
    ...byToken(longToken),
  },
  {
    from: 'a token in a page',
    cluster: ({ authorization }) => ({ status: 200, body: `ECHO <pre>${authorization}</pre>` }),
    ...byToken(longToken),
  },
  {
    from: "a client's key, and the kubeconfig that holds it",
    cluster: () => ({ status: 400, body: `ECHO ${key} ${base64(key)} {"client-key-data":"${base64(key)}"}` }),
    ...byUser({ 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }, [
      base64(key),
      ...key.split('\n').filter(line => line !== '' && !line.startsWith('---')),
    ]),
  },
  {
    from: 'a password, as it is and as others write it',
    cluster: ({ authorization }) => ({
      status: 400,
      body: `ECHO ${password} ${JSON.stringify({ password })} ${encodeURIComponent(password)} ${authorization}`,
    }),
    ...byUser({ username: 'jo', password }, [
      password,
      JSON.stringify(password).slice(1, -1),
      encodeURIComponent(password),
      base64(`jo:${password}`),
    ]),
  },
];

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
