import { createHash, createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { CanaryError } from '../release/errors.ts';

export interface Assertion {
  /** Whom it is for: the token endpoint. */
  readonly audience: string;
  /** The app that says so of itself. */
  readonly client: string;
  /** The certificate and its key, as PEM. */
  readonly pem: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** So long it may be used; also what the clocks of agent and Entra may differ. */
const seconds = 10 * 60;

/**
 * A signed statement by which an app proves that it has the key of its certificate (RFC 7523): RS256, the certificate named by both of
 * its thumbprints. Throws `CONNECTION_INVALID` where the text holds no such pair; nothing of it is quoted.
 */
export function clientAssertion({ audience, client, pem, now }: Assertion): string {
  const { certificate, key } = readPair(pem);
  const thumbprint = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url');
  const header = { alg: 'RS256', typ: 'JWT', x5t: thumbprint('sha1'), 'x5t#S256': thumbprint('sha256') };
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    aud: audience,
    iss: client,
    sub: client,
    jti: randomUUID(),
    nbf: issuedAt - seconds,
    exp: issuedAt + seconds,
  };
  const text = [header, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

/** Throws as `clientAssertion` does: so that a certificate which can't work is found before anybody is asked. */
export function checkCertificate(pem: string): void {
  readPair(pem);
}

function readPair(pem: string) {
  const block = (what: string) =>
    new RegExp(`-----BEGIN ${what}-----[^-]+-----END ${what}-----`).exec(pem)?.[0];
  try {
    const certificate = new X509Certificate(block('CERTIFICATE') ?? '');
    const key = createPrivateKey(block('(?:RSA )?PRIVATE KEY') ?? '');
    if (key.asymmetricKeyType === 'rsa' && certificate.checkPrivateKey(key)) return { certificate, key };
  } catch {
    // What OpenSSL says of it helps nobody, and may quote it.
  }
  throw new CanaryError('CONNECTION_INVALID', "The certificate of the Azure connection can't be used", {
    expected: 'PEM with one certificate and its RSA private key, without a password',
    found: 'something else',
    hint: 'Paste both, from `-----BEGIN` to `-----END`, into `servicePrincipalCertificate` of the service connection again',
  });
}
