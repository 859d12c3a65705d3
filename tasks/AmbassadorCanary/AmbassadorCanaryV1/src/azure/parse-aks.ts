import type { AksCluster } from '../cluster/azure-identity.ts';
import type { InputName, Inputs } from './input-names.ts';
import { InputProblems, quote } from './input-problems.ts';
import type { AzureConnection } from './parse-azure-connection.ts';

/**
 * The cluster of AKS that the inputs name, or all that is wrong with them. `azure` is absent where the connection could not be read,
 * which is told elsewhere.
 */
export function parseAks(inputs: Inputs, azure: AzureConnection | undefined): AksCluster | undefined {
  const problems = new InputProblems();
  if (inputs.azureSubscriptionConnection === '')
    missing('azureSubscriptionConnection', 'shop-subscription', problems);
  const resourceGroup = nameOf(
    'azureResourceGroup',
    /^[\p{L}\p{N}._()-]{1,90}$/u,
    'shop-rg',
    inputs,
    problems,
  );
  const name = nameOf('kubernetesCluster', /^[A-Za-z0-9][\w-]{0,62}$/, 'shop-aks', inputs, problems);
  if (azure !== undefined && azure.subscription === undefined) {
    problems.invalid('azureSubscriptionConnection', {
      expected: 'a connection to a subscription',
      found: 'one that names none, such as to a management group',
      hint: 'Name the connection to the subscription of the cluster',
    });
  }
  problems.throwIfAny();
  const { resourceManager, subscription } = azure ?? {};
  if (resourceManager === undefined || subscription === undefined) return undefined;
  const asAdmin = inputs.useClusterAdmin.toLowerCase() === 'true';
  return { resourceManager, subscription, resourceGroup, name, asAdmin };
}

function nameOf(
  input: InputName,
  rule: RegExp,
  example: string,
  inputs: Inputs,
  problems: InputProblems,
): string {
  const value = inputs[input];
  if (value === '') missing(input, example, problems);
  else if (!rule.test(value)) {
    problems.invalid(input, {
      expected: 'its name in Azure, without a path',
      found: quote(value),
      hint: `Write for example \`${input}: ${example}\``,
    });
  }
  return value;
}

function missing(input: InputName, example: string, problems: InputProblems): void {
  problems.invalid(input, {
    expected: 'it to be given where `connectionType` is `azureResourceManager`',
    found: 'nothing',
    hint: `Write for example \`${input}: ${example}\``,
  });
}
