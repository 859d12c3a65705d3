import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';

/** A private key and its certificate, as PEM text. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const ids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
} as const;

const day = 24 * 60 * 60 * 1000;

/**
 * A self-signed certificate (RFC 5280) of a new P-256 key, for 127.0.0.1, localhost and other names, valid from yesterday for a month.
 * It is its own authority, so it is what a client has to trust.
 */
export function makeCertificate(...names: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(ids.ecdsaWithSha256));
  const name = sequence(set(sequence(objectId(ids.commonName), utf8('sandbox'))));
  const now = Date.now();
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(new Date(now - day)), time(new Date(now + 30 * day))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        sequence(objectId(ids.basicConstraints), boolean(true), octets(sequence(boolean(true)))),
        sequence(
          objectId(ids.subjectAltName),
          octets(sequence(ip([127, 0, 0, 1]), ...['localhost', ...names].map(dns))),
        ),
      ),
    ),
  );
  const certificate = sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(certificate),
  };
}

const dns = (name: string) => implicit(2, Buffer.from(name));
const ip = (bytes: readonly number[]) => implicit(7, Buffer.from(bytes));

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
