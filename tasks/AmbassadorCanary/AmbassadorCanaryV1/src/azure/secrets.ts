import { parseDocument } from 'yaml';
import { withoutSecretFlags } from '../cluster/kubelogin.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';

/** Shorter pieces of a key give nothing away, and masking them would blacken the log. */
const shortestPiece = 8;

/** The user's fields of a kubeconfig that are secret. Certificates, names and files are not. */
const secretFields = [
  'token',
  'password',
  'client-key-data',
  'id-token',
  'access-token',
  'refresh-token',
  'client-secret',
];

/**
 * A secret in each form in which a log could show it: as it is and in base64, one entry a line, since the agent masks
 * whole strings and takes no line breaks (facts/azure.md 5).
 */
export function formsOf(secret: string): readonly string[] {
  const text = secret.trim();
  if (text === '') return [];
  return [...linesOf(text), Buffer.from(text, 'utf8').toString('base64')];
}

/** All secrets of a kubeconfig in all their forms. A text that is no kubeconfig has none that could be found. */
export function secretsOfKubeconfig(kubeconfig: string | undefined): readonly string[] {
  if (kubeconfig === undefined || kubeconfig.trim() === '') return [];
  const document = parseDocument(kubeconfig, { logLevel: 'silent' });
  if (document.errors.length > 0) return [];
  const users = asRecord(document.toJS())?.users;
  return (Array.isArray(users) ? users : []).flatMap(entry => secretsOfUser(valueAt(entry, 'user')));
}

function secretsOfUser(user: unknown): readonly string[] {
  const places = [user, valueAt(user, 'auth-provider', 'config')];
  const values = places.flatMap(place => secretFields.map(field => valueAt(place, field)));
  const environment = valueAt(user, 'exec', 'env');
  for (const variable of Array.isArray(environment) ? environment : [])
    values.push(valueAt(variable, 'value'));
  const args = valueAt(user, 'exec', 'args');
  values.push(...Object.values(withoutSecretFlags(Array.isArray(args) ? args.map(String) : []).env));
  const secrets = values.filter(value => typeof value === 'string').flatMap(formsOf);
  const key = valueAt(user, 'client-key-data');
  const name = valueAt(user, 'username');
  const password = valueAt(user, 'password');
  return [
    ...secrets,
    ...(typeof key === 'string' ? linesOf(Buffer.from(key, 'base64').toString('utf8')) : []),
    ...(typeof name === 'string' && typeof password === 'string'
      ? [Buffer.from(`${name}:${password}`, 'utf8').toString('base64')]
      : []),
  ];
}

/** The lines of a secret that are worth masking: not the marks around a PEM, nor the last crumbs of it. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map(line => line.trim());
  if (lines.length === 1) return lines.filter(line => line !== '');
  return lines.filter(line => line.length >= shortestPiece && !line.startsWith('-----'));
}
