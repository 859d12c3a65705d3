import * as agent from 'azure-pipelines-task-lib/task.js';
import { CanaryError } from '../release/errors.ts';
import { asStringMap } from '../release/kube-object.ts';
import { hide } from './hide.ts';
import {
  type ConnectionFields,
  type KubernetesConnection,
  parseConnection,
  secretsOf,
} from './parse-connection.ts';

/**
 * Reads the `kubernetes` service connection that the agent hands over under this id (facts/azure.md 4). All its
 * secrets, also the decoded forms that the agent does not know, are hidden before anything uses them.
 */
export function readConnection(id: string): KubernetesConnection {
  const hint = 'Name a Kubernetes service connection of this project, and permit this pipeline to use it';
  if (id === '') {
    throw new CanaryError('CONNECTION_INVALID', 'Input `kubernetesServiceConnection` is empty', { hint });
  }
  const url = agent.getEndpointUrl(id, true);
  // As one value: asked for each parameter, task-lib would write the secret into the debug log before it can be masked.
  const authorization = agent.getEndpointAuthorization(id, true);
  if (url === undefined && authorization === undefined) {
    throw new CanaryError('CONNECTION_INVALID', 'The agent knows no service connection of this name', {
      found: id,
      hint,
    });
  }
  const parameters = lowerCased(asStringMap(authorization?.parameters));
  const fields: ConnectionFields = {
    url,
    authorizationType: agent.getEndpointDataParameter(id, 'authorizationType', true),
    acceptUntrustedCerts: agent.getEndpointDataParameter(id, 'acceptUntrustedCerts', true),
    namespace: agent.getEndpointDataParameter(id, 'namespace', true),
    kubeconfig: parameters.get('kubeconfig'),
    clusterContext: parameters.get('clustercontext'),
    apiToken: parameters.get('apitoken'),
    serviceAccountCertificate: parameters.get('serviceaccountcertificate'),
  };
  hide(secretsOf(fields));
  return parseConnection(fields);
}

/** The agent keeps the case of the service; older connections differ in it. */
export function lowerCased(values: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
}
