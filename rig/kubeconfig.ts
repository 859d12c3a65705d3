import { stringify } from 'yaml';

export interface KubeconfigContent {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly token: string;
  readonly namespace?: string;
}

/** A kubeconfig with one context, as a person or kubectl reads it. */
export function kubeconfigText(content: KubeconfigContent): string {
  const { server, caPem, user, token, namespace } = content;
  const certificate = Buffer.from(caPem).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'rig',
    contexts: [{ name: 'rig', context: { cluster: 'rig', user, ...(namespace && { namespace }) } }],
    clusters: [{ name: 'rig', cluster: { server, 'certificate-authority-data': certificate } }],
    users: [{ name: user, user: { token } }],
  });
}
