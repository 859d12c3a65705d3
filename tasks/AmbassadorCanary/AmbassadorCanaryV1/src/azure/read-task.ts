import type { ConnectionSpec } from '../cluster/connection.ts';
import { type CanaryError, CanaryErrors, toCanaryErrors } from '../release/errors.ts';
import type { SecretHeaders } from '../release/secret.ts';
import { readConnection } from './connection.ts';
import { readInputs } from './inputs.ts';
import { type ParsedInputs, parseInputs } from './parse-inputs.ts';
import { maskCredentials, readPrometheusHeaders } from './prometheus-login.ts';

/** All that the step was told. */
export interface TaskSettings extends ParsedInputs {
  readonly connection: ConnectionSpec;
  /** Of every query to Prometheus. */
  readonly prometheusHeaders: SecretHeaders;
}

/** Reads inputs and service connection, or throws all that is wrong with either. Masks the secrets on the way. */
export function readTask(): TaskSettings {
  const inputs = readInputs();
  const problems: CanaryError[] = [];
  const found = attempt(() => readConnection(inputs.kubernetesServiceConnection), problems);
  const parsed = attempt(() => parseInputs(inputs, found?.namespace), problems);
  for (const { headers } of parsed?.spec.webhooks ?? []) maskCredentials(headers);
  const prometheusHeaders = attempt(() => readPrometheusHeaders(inputs), problems);
  if (found === undefined || parsed === undefined || prometheusHeaders === undefined) {
    throw new CanaryErrors(problems);
  }
  return { connection: found.connection, prometheusHeaders, ...parsed };
}

function attempt<T>(read: () => T, problems: CanaryError[]): T | undefined {
  try {
    return read();
  } catch (thrown) {
    problems.push(...toCanaryErrors(thrown));
    return undefined;
  }
}
