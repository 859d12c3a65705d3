import type { ConnectionSpec } from '../cluster/connection.ts';
import { CanaryError } from '../release/errors.ts';
import { decodeApiToken } from './api-token.ts';
import { formsOf, secretsOfKubeconfig } from './secrets.ts';

/** What a `kubernetes` service connection holds, as the agent hands it over. */
export interface ConnectionFields {
  readonly url: string | undefined;
  readonly authorizationType: string | undefined;
  readonly acceptUntrustedCerts: string | undefined;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly clusterContext: string | undefined;
  /** Base64, as in the Secret of a service account; some people paste the token itself. */
  readonly apiToken: string | undefined;
  /** Base64 of PEM, as in the Secret of a service account; some people paste the PEM itself. */
  readonly serviceAccountCertificate: string | undefined;
}

export interface KubernetesConnection {
  readonly connection: ConnectionSpec;
  /** The namespace that the connection names; that of a kubeconfig's context is known once it is opened. */
  readonly namespace?: string;
}

/** Every text in the connection that must never be shown, in each form in which it could be. One line each. */
export function secretsOf(fields: ConnectionFields): readonly string[] {
  return [
    ...(fields.apiToken === undefined ? [] : formsOf(fields.apiToken)),
    ...formsOf(decodeApiToken(fields.apiToken ?? '') ?? ''),
    ...secretsOfKubeconfig(fields.kubeconfig),
  ];
}

/**
 * What to connect to and how, or `CONNECTION_INVALID` where something is missing; whether it can be used is found when
 * it is opened. A missing kind counts as Kubeconfig, as for the vendor's tasks.
 */
export function parseConnection(fields: ConnectionFields): KubernetesConnection {
  const kind = (fields.authorizationType || 'Kubeconfig').toLowerCase();
  switch (kind) {
    case 'kubeconfig':
      return kubeconfigConnection(fields);
    case 'serviceaccount':
    case 'azuresubscription':
      return tokenConnection(fields);
    default:
      throw invalid({
        expected: 'the kind Kubeconfig, Service Account or Azure Subscription',
        found: fields.authorizationType ?? 'none',
        hint: 'Make a new connection of one of these kinds',
      });
  }
}

function kubeconfigConnection(fields: ConnectionFields): KubernetesConnection {
  const kubeconfig = fields.kubeconfig?.trim();
  if (!kubeconfig) {
    throw invalid({ expected: 'a kubeconfig', found: 'none', hint: 'Paste the kubeconfig into it again' });
  }
  return withNamespace(fields.namespace, {
    kind: 'kubeconfig',
    kubeconfig,
    ...(fields.clusterContext ? { context: fields.clusterContext } : {}),
    acceptUntrustedCerts: isTrue(fields.acceptUntrustedCerts),
  });
}

function tokenConnection(fields: ConnectionFields): KubernetesConnection {
  const token = decodeApiToken(fields.apiToken ?? '');
  if (token === undefined) {
    throw invalid({
      expected: 'the token of a service account, in base64 as `kubectl get secret -o json` shows it',
      found: fields.apiToken ? 'something else' : 'none',
      hint: 'Paste the Secret of the service account into it again',
    });
  }
  if (!fields.url) {
    throw invalid({ expected: 'the URL of the API server', found: 'none', hint: 'Give it its server URL' });
  }
  const certificate = fields.serviceAccountCertificate?.trim();
  return withNamespace(fields.namespace, {
    kind: 'token',
    server: fields.url,
    token,
    ...(certificate ? { caData: base64Of(certificate) } : {}),
    acceptUntrustedCerts: isTrue(fields.acceptUntrustedCerts),
  });
}

function base64Of(certificate: string): string {
  return certificate.startsWith('-----BEGIN')
    ? Buffer.from(certificate, 'utf8').toString('base64')
    : certificate;
}

function withNamespace(namespace: string | undefined, connection: ConnectionSpec): KubernetesConnection {
  return namespace ? { connection, namespace } : { connection };
}

function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === 'true';
}

function invalid(details: { expected: string; found: string; hint: string }): CanaryError {
  return new CanaryError('CONNECTION_INVALID', "The service connection can't be used", details);
}
