import * as agent from 'azure-pipelines-task-lib/task.js';
import { CanaryError } from '../release/errors.ts';
import { asStringMap } from '../release/kube-object.ts';
import { lowerCased } from './connection.ts';
import { hide } from './hide.ts';
import { type AzureConnection, parseAzureConnection } from './parse-azure-connection.ts';
import { formsOf } from './secrets.ts';

const dataNames = [
  'subscriptionId',
  'environment',
  'activeDirectoryAuthority',
  'environmentAuthorityUrl',
  'msiClientId',
  'EnableAdfsAuthentication',
];
const secretNames = ['serviceprincipalkey', 'serviceprincipalcertificate'];

/**
 * Reads the Azure Resource Manager connection that the agent hands over under this id (facts/azure.md 4), and what the job says of
 * itself. Its secrets are hidden, in each of their forms, before anything uses them.
 */
export function readAzureConnection(id: string): AzureConnection {
  // As one value: asked for each parameter, task-lib would write the secret into the debug log before it can be masked.
  const authorization = agent.getEndpointAuthorization(id, true);
  if (authorization === undefined) {
    throw new CanaryError('CONNECTION_INVALID', 'The agent knows no service connection of this name', {
      found: id,
      hint: 'Name an Azure Resource Manager connection of this project as `azureSubscriptionConnection`, and permit this pipeline to use it',
    });
  }
  const parameters = lowerCased(asStringMap(authorization.parameters));
  const job = agent.getEndpointAuthorization('SYSTEMVSSCONNECTION', true);
  const token = lowerCased(asStringMap(job?.parameters)).get('accesstoken') ?? '';
  for (const secret of [token, ...secretNames.map(name => parameters.get(name) ?? '')]) hide(formsOf(secret));
  const data = dataNames.map(name => [name, agent.getEndpointDataParameter(id, name, true) ?? ''] as const);
  const variable = (name: string) => agent.getVariable(name) ?? '';
  return parseAzureConnection({
    id,
    url: agent.getEndpointUrl(id, true) ?? '',
    scheme: authorization.scheme ?? '',
    data: lowerCased(Object.fromEntries(data)),
    parameters,
    job: {
      collection: variable('System.CollectionUri') || variable('System.TeamFoundationCollectionUri'),
      project: variable('System.TeamProjectId'),
      hub: variable('System.HostType'),
      plan: variable('System.PlanId'),
      id: variable('System.JobId'),
      token,
    },
    // As the clients of Azure know it.
    metadataHost: variable('AZURE_POD_IDENTITY_AUTHORITY_HOST'),
  });
}
