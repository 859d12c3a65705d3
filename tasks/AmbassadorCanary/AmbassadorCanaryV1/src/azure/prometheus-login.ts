import * as agent from 'azure-pipelines-task-lib/task.js';
import { azureMonitorResource } from '../cluster/azure-monitor.ts';
import { CanaryError } from '../release/errors.ts';
import { asStringMap } from '../release/kube-object.ts';
import { hasAuthorization, revealAll, type SecretHeaders } from '../release/secret.ts';
import { lowerCased } from './connection.ts';
import { hide } from './hide.ts';
import type { Inputs } from './input-names.ts';
import { InputProblems } from './input-problems.ts';
import { isCredential } from './parse-headers.ts';
import { isServiceAddress } from './parse-prometheus.ts';
import { authorizationOf, type Login, parsePrometheusHeaders } from './parse-prometheus-headers.ts';
import { formsOf } from './secrets.ts';

/**
 * The headers for Prometheus, with the credentials that the agent hands over (facts/azure.md 4), or all that is wrong with
 * them. Every secret is hidden, in each of its forms, before it is used.
 */
export function readPrometheusHeaders(inputs: Inputs): SecretHeaders {
  if (inputs.prometheus === 'none') return {};
  const problems = new InputProblems();
  const login = readLogin(inputs.prometheusServiceConnection);
  const headers = parsePrometheusHeaders(inputs, login, isServiceAddress(inputs.prometheus), problems);
  maskCredentials(headers);
  checkAzureMonitor(inputs, headers, problems);
  problems.throwIfAny();
  return headers;
}

/** An Azure Monitor workspace lets in nobody without a token, and has one form of them only. */
function checkAzureMonitor(inputs: Inputs, headers: SecretHeaders, problems: InputProblems): void {
  const { prometheus, azureSubscriptionConnection } = inputs;
  const isWorkspace = URL.canParse(prometheus) && azureMonitorResource(prometheus) !== undefined;
  if (!isWorkspace || azureSubscriptionConnection !== '' || hasAuthorization(headers)) return;
  problems.invalid('azureSubscriptionConnection', {
    expected: 'a connection whose account may read the Azure Monitor workspace that `prometheus` names',
    found: 'nothing',
    hint: 'Write for example `azureSubscriptionConnection: shop-subscription`',
  });
}

/** Hides the values of the headers that carry credentials, also without the scheme before them. */
export function maskCredentials(headers: SecretHeaders): void {
  for (const [name, value] of Object.entries(revealAll(headers))) {
    if (!isCredential(name)) continue;
    for (const secret of [value, value.replace(/^\w+ +/, '')]) hide(formsOf(secret));
  }
}

function readLogin(id: string): Login | undefined {
  if (id === '') return undefined;
  // As one value: asked for each parameter, task-lib would write the secret into the debug log before it can be masked.
  const authorization = agent.getEndpointAuthorization(id, true);
  if (authorization === undefined) {
    throw new CanaryError('CONNECTION_INVALID', 'The agent knows no service connection of this name', {
      found: id,
      hint: 'Name a Generic service connection of this project as `prometheusServiceConnection`, and permit this pipeline to use it',
    });
  }
  const parameters = lowerCased(asStringMap(authorization.parameters));
  const login = { user: parameters.get('username') ?? '', password: parameters.get('password') ?? '' };
  for (const secret of [login.password, authorizationOf(login)]) hide(formsOf(secret));
  if (login.password === '' || login.user.includes(':') || /[^\x20-\x7e]/.test(`${authorizationOf(login)}`)) {
    throw new CanaryError('CONNECTION_INVALID', "The service connection of Prometheus can't be used", {
      expected: 'a user without `:` and a password, or a token as password and no user',
      found: login.password === '' ? 'no password' : 'something else',
      hint: 'Correct the Generic service connection',
    });
  }
  return login;
}
