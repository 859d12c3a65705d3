import type { AgentSide } from '../cluster/agent-side.ts';
import type { ConnectionSpec } from '../cluster/connection.ts';
import { type CanaryError, CanaryErrors, toCanaryErrors } from '../release/errors.ts';
import type { SecretHeaders } from '../release/secret.ts';
import { readNetwork } from './agent-network.ts';
import { readAzureConnection } from './azure-connection.ts';
import { readConnection } from './connection.ts';
import type { Inputs } from './input-names.ts';
import { readInputs } from './inputs.ts';
import { readKubelogin } from './kubelogin-version.ts';
import { parseAks } from './parse-aks.ts';
import type { AzureConnection } from './parse-azure-connection.ts';
import type { KubernetesConnection } from './parse-connection.ts';
import { type ParsedInputs, parseInputs } from './parse-inputs.ts';
import { maskCredentials, readPrometheusHeaders } from './prometheus-login.ts';

/** All that the step was told. */
export interface TaskSettings extends ParsedInputs {
  /** Absent for a plan from the manifests alone. */
  readonly connection?: ConnectionSpec;
  readonly agentSide: AgentSide;
  /** Of every query to Prometheus. */
  readonly prometheusHeaders: SecretHeaders;
}

/** Reads inputs and service connection, or throws all that is wrong with either. Masks the secrets on the way. */
export function readTask(): TaskSettings {
  const inputs = readInputs();
  const problems: CanaryError[] = [];
  const id = inputs.azureSubscriptionConnection;
  const azure = id === '' ? undefined : attempt(() => readAzureConnection(id), problems);
  const found = attempt(() => readCluster(inputs, azure), problems);
  const parsed = attempt(() => parseInputs(inputs, found?.namespace), problems);
  for (const { headers } of parsed?.spec.webhooks ?? []) maskCredentials(headers);
  const prometheusHeaders = attempt(() => readPrometheusHeaders(inputs), problems);
  const around = attempt(() => readNetwork(), problems);
  const kubelogin = attempt(() => readKubelogin(inputs), problems);
  if (!found || !parsed || !prometheusHeaders || !around || !kubelogin || problems.length > 0) {
    throw new CanaryErrors(problems);
  }
  const { connection } = found;
  return {
    ...parsed,
    ...(connection && { connection }),
    agentSide: { network: around.network, kubelogin, ...(azure && { azure: azure.identity }) },
    prometheusHeaders,
    notes: [...around.notes, ...parsed.notes],
  };
}

/** The cluster to release to. None for a plan that names none: the build of a pull request has no credentials to plan with. */
function readCluster(inputs: Inputs, azure: AzureConnection | undefined): Partial<KubernetesConnection> {
  const isAks = inputs.connectionType === 'azureResourceManager';
  const id = isAks ? inputs.azureSubscriptionConnection : inputs.kubernetesServiceConnection;
  if (inputs.action === 'plan' && id === '') return {};
  if (!isAks) return readConnection(id);
  const cluster = parseAks(inputs, azure);
  return cluster === undefined ? {} : { connection: { kind: 'aks', cluster } };
}

function attempt<T>(read: () => T, problems: CanaryError[]): T | undefined {
  try {
    return read();
  } catch (thrown) {
    problems.push(...toCanaryErrors(thrown));
    return undefined;
  }
}
