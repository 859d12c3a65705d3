import type { Endpoint } from './endpoints.ts';
import type { SecretMasker } from './secret-masker.ts';
import type { TaskDefinition } from './task-definition.ts';

export interface StepSettings {
  readonly definition: TaskDefinition;
  /** What the user wrote. A connection may be given by its name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly endpoints: readonly Endpoint[];
  /** By their names in the pipeline: `Build.BuildId`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secretVariables: Readonly<Record<string, string>>;
  readonly taskVariables: Readonly<Record<string, string>>;
}

/** The job's own connection to Azure Pipelines, which every step gets. */
export const systemConnection = 'SYSTEMVSSCONNECTION';

/** What of the agent's own environment a step needs; anything else could change it without a word. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'SystemRoot'];

/** The auth parameters that the agent does not mask (its MaskingUtil.cs); all others it does, harmless ones too. */
const openParameters = new Set([
  'acceptuntrustedcertificates',
  'accesstokenfetchingmethod',
  'accesstokentype',
  'audience',
  'authenticationtype',
  'authorizationtype',
  'completecallbackpayload',
  'expiresat',
  'issuedat',
  'oauthaccesstokenissupplied',
  'role',
  'scope',
  'tenantid',
  'unsecured',
  'usewindowssecurity',
]);

/** Throws for an input that the task does not have: the agent ignores it, but a test would mean nothing. */
export function checkInputs(definition: TaskDefinition, inputs: StepSettings['inputs']): void {
  const known = new Set(definition.inputs.map(input => input.name));
  for (const name of Object.keys(inputs)) {
    if (!known.has(name)) throw new Error(`${definition.name} has no input ${name}`);
  }
}

/** The environment that the agent gives a step (facts/azure.md 4), registering the secrets in it with the masker. */
export function environmentOf(settings: StepSettings, masker: SecretMasker): Record<string, string> {
  const { definition, endpoints, variables, secretVariables, taskVariables } = settings;
  const environment: Record<string, string> = {};
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const [name, value] of Object.entries(variables)) environment[keyOf(name)] = value;
  for (const [name, value] of Object.entries(secretVariables)) {
    environment[`SECRET_${keyOf(name)}`] = value;
    masker.add(value);
  }
  environment.VSTS_PUBLIC_VARIABLES = JSON.stringify(Object.keys(variables));
  environment.VSTS_SECRET_VARIABLES = JSON.stringify(Object.keys(secretVariables));
  for (const [name, value] of Object.entries(taskVariables))
    environment[`VSTS_TASKVARIABLE_${keyOf(name)}`] = value;

  const inputs = inputsOf(settings);
  for (const [name, value] of Object.entries(inputs)) environment[`INPUT_${keyOf(name)}`] = value;
  const connections = definition.inputs.filter(input => input.type.startsWith('connectedService:'));
  const named = new Set(connections.map(input => inputs[input.name]));
  for (const endpoint of endpoints.filter(({ id }) => named.has(id) || id === systemConnection))
    addEndpoint(environment, endpoint, masker);
  return environment;
}

/** Every input of task.json: what the user wrote, else its default, trimmed, with `$(variables)` put in. */
function inputsOf({
  definition,
  inputs,
  endpoints,
  variables,
  secretVariables,
}: StepSettings): Record<string, string> {
  const values = new Map(
    Object.entries({ ...variables, ...secretVariables }).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.fromEntries(
    definition.inputs.map(({ name, type, defaultValue }) => {
      const written = (inputs[name] ?? String(defaultValue ?? '')).trim();
      const expanded = written.replace(/\$\(([^()]+)\)/g, (macro, variable: string) => {
        return values.get(variable.toLowerCase()) ?? macro;
      });
      const isConnection = type.startsWith('connectedService:');
      const endpoint = isConnection ? endpoints.find(candidate => candidate.name === expanded) : undefined;
      return [name, endpoint?.id ?? expanded];
    }),
  );
}

function addEndpoint(environment: Record<string, string>, endpoint: Endpoint, masker: SecretMasker): void {
  const { id, url, scheme, parameters, data } = endpoint;
  environment[`ENDPOINT_URL_${id}`] = url;
  environment[`ENDPOINT_AUTH_${id}`] = JSON.stringify({ parameters, scheme });
  environment[`ENDPOINT_AUTH_SCHEME_${id}`] = scheme;
  for (const [name, value] of Object.entries(parameters)) {
    environment[`ENDPOINT_AUTH_PARAMETER_${id}_${keyOf(name)}`] = value;
    if (!openParameters.has(name.toLowerCase())) masker.add(value);
  }
  environment[`ENDPOINT_DATA_${id}`] = JSON.stringify(data);
  for (const [name, value] of Object.entries(data)) environment[`ENDPOINT_DATA_${id}_${keyOf(name)}`] = value;
}

/** `Build.BuildId` as `BUILD_BUILDID`. */
function keyOf(name: string): string {
  return name.replace(/[. ]/g, '_').toUpperCase();
}
