import type { AgentSide } from '../cluster/agent-side.ts';
import type { ConnectionSpec } from '../cluster/connection.ts';
import { type CanaryError, CanaryErrors, toCanaryErrors } from '../release/errors.ts';
import type { SecretHeaders } from '../release/secret.ts';
import { readNetwork } from './agent-network.ts';
import { readConnection } from './connection.ts';
import { readInputs } from './inputs.ts';
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
  // The build of a pull request has no credentials to plan with.
  const withoutCluster = inputs.action === 'plan' && inputs.kubernetesServiceConnection === '';
  const found: Partial<KubernetesConnection> | undefined = withoutCluster
    ? {}
    : attempt(() => readConnection(inputs.kubernetesServiceConnection), problems);
  const parsed = attempt(() => parseInputs(inputs, found?.namespace), problems);
  for (const { headers } of parsed?.spec.webhooks ?? []) maskCredentials(headers);
  const prometheusHeaders = attempt(() => readPrometheusHeaders(inputs), problems);
  const around = attempt(() => readNetwork(), problems);
  if (!found || !parsed || !prometheusHeaders || !around) {
    throw new CanaryErrors(problems);
  }
  const { connection } = found;
  return {
    ...parsed,
    ...(connection && { connection }),
    agentSide: { network: around.network },
    prometheusHeaders,
    notes: [...around.notes, ...parsed.notes],
  };
}

function attempt<T>(read: () => T, problems: CanaryError[]): T | undefined {
  try {
    return read();
  } catch (thrown) {
    problems.push(...toCanaryErrors(thrown));
    return undefined;
  }
}
