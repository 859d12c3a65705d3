import { createHash, createVerify, X509Certificate } from 'node:crypto';
import type { AzureCloud } from './azure-cloud.ts';
import { Complaint, demand, type Question, type Told } from './question.ts';

/** An app registration. */
export interface App {
  readonly tenant: string;
  readonly client: string;
  readonly secret?: string;
  readonly secretHasExpired?: boolean;
  /** PEM of the certificate that it proves itself by. */
  readonly certificate?: string;
  /** It believes Azure Pipelines. */
  readonly isFederated?: boolean;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Entra's token endpoint: client credentials, by secret, certificate or somebody who vouches. */
export function answerTokenEndpoint(cloud: AzureCloud, tenant: string, question: Question): Told {
  const { method, query, headers, text, path, host } = question;
  demand('method', method, 'POST');
  demand('query', query, {});
  demand('content-type', headers['content-type'], 'application/x-www-form-urlencoded');
  demand('authorization', headers.authorization, undefined);
  const form = Object.fromEntries(new URLSearchParams(text));
  const { client_id: client = '', scope = '', grant_type, ...proof } = form;
  demand('grant_type', grant_type, 'client_credentials');
  const [, resource] = /^(\S+[^/])\/\.default$/.exec(scope) ?? [];
  if (resource === undefined) throw new Complaint(`scope is ${scope}`);

  const apps = (cloud.options.apps ?? []).filter(app => app.tenant === tenant);
  if (apps.length === 0) return refusal(400, 90002, `Tenant '${tenant}' not found.`);
  const app = apps.find(one => one.client === client);
  if (app === undefined)
    return refusal(400, 700016, `Application '${client}' was not found in the directory.`);
  const refused = checkProof(cloud, app, proof, `https://${host}${path}`);
  return refused ?? cloud.issue(resource, client);
}

function checkProof(
  cloud: AzureCloud,
  app: App,
  proof: Readonly<Record<string, string>>,
  audience: string,
): Told | undefined {
  if (app.secret !== undefined) {
    demand('proof', Object.keys(proof), ['client_secret']);
    if (proof.client_secret !== app.secret) return refusal(401, 7000215, 'Invalid client secret provided.');
    return app.secretHasExpired
      ? refusal(401, 7000222, `The provided client secret keys for app '${app.client}' are expired.`)
      : undefined;
  }
  demand('proof', Object.keys(proof).sort(), ['client_assertion', 'client_assertion_type']);
  demand('client_assertion_type', proof.client_assertion_type, assertionType);
  const assertion = proof.client_assertion ?? '';
  if (app.isFederated) {
    // Good for one exchange only, so that who keeps an old one is found out.
    return cloud.statements.delete(assertion)
      ? undefined
      : refusal(401, 700213, 'No matching federated identity record found for presented assertion subject.');
  }
  return checkAssertion(cloud, app, assertion, audience);
}

function checkAssertion(cloud: AzureCloud, app: App, assertion: string, audience: string): Told | undefined {
  const [head = '', body = '', signature = ''] = assertion.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  const certificate = new X509Certificate(app.certificate ?? '');
  const print = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url');
  const header = parse(head);
  if (header.x5t !== print('sha1'))
    return refusal(401, 700027, 'The certificate with identifier is not registered.');
  demand('header', header, { alg: 'RS256', typ: 'JWT', x5t: print('sha1'), 'x5t#S256': print('sha256') });
  const { jti, nbf, exp, ...claims } = parse(body);
  demand('claims', claims, { aud: audience, iss: app.client, sub: app.client });
  const now = Date.now() / 1000;
  if (!(nbf <= now && now < exp && exp - nbf <= 24 * 3600)) throw new Complaint(`nbf ${nbf}, exp ${exp}`);
  if (typeof jti !== 'string' || jti === '' || cloud.used.has(jti)) throw new Complaint(`jti ${jti} again`);
  cloud.used.add(jti);
  const verify = createVerify('RSA-SHA256').update(`${head}.${body}`);
  return verify.verify(certificate.publicKey, signature, 'base64url')
    ? undefined
    : refusal(401, 700027, 'Client assertion failed signature validation.');
}

/** As Entra words it, with the ids at the end that differ each time. */
function refusal(status: number, number: number, words: string): Told {
  const trace = 'Trace ID: 1c0a Correlation ID: 2d1b Timestamp: 2026-01-01 00:00:00Z';
  const description = `AADSTS${number}: ${words} ${trace}`;
  return { status, body: { error: 'invalid_client', error_description: description, error_codes: [number] } };
}
