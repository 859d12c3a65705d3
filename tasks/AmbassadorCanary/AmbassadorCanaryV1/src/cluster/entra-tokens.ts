import { CanaryError } from '../release/errors.ts';
import { valueAt } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import { type AzureAnswer, AzureHttp, type AzureQuestion, wordsOf } from './azure-http.ts';
import type { AzureIdentity } from './azure-identity.ts';
import { clientAssertion } from './client-assertion.ts';
import type { RegisterSecret } from './credentials.ts';
import { entraRefusal } from './entra-errors.ts';
import type { Network } from './network.ts';
import { type Perishable, Renewing } from './renewing.ts';

export interface AzureTools {
  readonly network: Network;
  readonly clock: Clock;
  readonly registerSecret: RegisterSecret;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Tokens of Entra ID for one identity, by the plain protocol. Each is registered as secret before anybody has it, and renewed in time. */
export class EntraTokens {
  readonly http: AzureHttp;
  readonly #identity: AzureIdentity;
  readonly #tools: AzureTools;
  readonly #tokens = new Map<string, Renewing<string>>();

  constructor(identity: AzureIdentity, tools: AzureTools) {
    this.#identity = identity;
    this.#tools = tools;
    this.http = new AzureHttp(tools.network, tools.clock);
  }

  /**
   * A token for a resource, such as `https://management.azure.com` or the id of an app. Rejects with `AZURE_REFUSED`, naming what to
   * mend, or `AZURE_UNREACHABLE`.
   */
  token(resource: string): Promise<string> {
    return this.#renewing(resource).current();
  }

  /** It was not taken: the next one will be another. */
  drop(resource: string, token: string): void {
    this.#renewing(resource).drop(token);
  }

  #renewing(resource: string): Renewing<string> {
    const known = this.#tokens.get(resource);
    if (known !== undefined) return known;
    const made = new Renewing(
      () => this.#fetch(resource),
      () => this.#tools.clock.now(),
    );
    this.#tokens.set(resource, made);
    return made;
  }

  async #fetch(resource: string): Promise<Perishable<string>> {
    const answer = await this.http.ask(await this.#question(resource));
    const token = valueAt(answer.body, 'access_token');
    if (answer.status !== 200 || typeof token !== 'string' || token === '') {
      throw entraRefusal(this.#identity, resource, answer);
    }
    this.#tools.registerSecret(token);
    const seconds = Number(valueAt(answer.body, 'expires_in'));
    return { value: token, expiresAt: this.#tools.clock.now() + (seconds > 0 ? seconds : 0) * 1000 };
  }

  async #question(resource: string): Promise<AzureQuestion> {
    const identity = this.#identity;
    if (identity.kind === 'managed') {
      const url = new URL(`${identity.metadataHost}/metadata/identity/oauth2/token`);
      url.searchParams.set('api-version', '2018-02-01');
      url.searchParams.set('resource', resource);
      if (identity.client !== undefined) url.searchParams.set('client_id', identity.client);
      return {
        whom: `the metadata service of the virtual machine (${url.origin})`,
        url,
        method: 'GET',
        headers: { Metadata: 'true' },
        hint: 'A managed identity works only on an agent that runs on a virtual machine in Azure: use such an agent, or another kind of connection',
      };
    }
    const { authority, tenant, client } = identity;
    const url = new URL(`${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`);
    return {
      whom: `Entra ID (${authority})`,
      url,
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        scope: `${resource}/.default`,
        ...(await this.#proof(identity, url.href)),
      }),
      hint: 'Let the agent reach it, through its proxy where there is one, and check the environment of the service connection',
    };
  }

  async #proof(
    identity: Exclude<AzureIdentity, { kind: 'managed' }>,
    audience: string,
  ): Promise<Record<string, string>> {
    switch (identity.kind) {
      case 'secret':
        return { client_secret: identity.secret.reveal() };
      case 'certificate': {
        const { client, pem } = identity;
        const now = this.#tools.clock.now();
        return this.#asserted(clientAssertion({ audience, client, pem: pem.reveal(), now }));
      }
      case 'federated':
        return this.#asserted(await this.#statement(identity));
    }
  }

  #asserted(assertion: string): Record<string, string> {
    this.#tools.registerSecret(assertion);
    return { client_assertion_type: assertionType, client_assertion: assertion };
  }

  /** Asked anew for each exchange: it is good for minutes only. */
  async #statement({ oidcUrl, jobToken }: Extract<AzureIdentity, { kind: 'federated' }>): Promise<string> {
    const url = new URL(oidcUrl);
    const answer = await this.http.ask({
      whom: `Azure Pipelines (${url.origin})`,
      url,
      method: 'POST',
      headers: {
        authorization: `Bearer ${jobToken.reveal()}`,
        // Else it sends who it does not know to a page to log in at.
        'x-tfs-fedauthredirect': 'Suppress',
      },
      body: {},
      hint: 'Let the agent reach its own organisation, through its proxy where there is one',
    });
    const statement = valueAt(answer.body, 'oidcToken');
    if (answer.status === 200 && typeof statement === 'string' && statement !== '') return statement;
    throw noStatement(answer);
  }
}

function noStatement(answer: AzureAnswer): CanaryError {
  return new CanaryError('AZURE_REFUSED', 'Azure Pipelines does not vouch for this job to Entra ID', {
    expected: 'a token of workload identity federation',
    found: wordsOf(answer),
    hint: 'Permit this pipeline to use the service connection, and check in its settings that it is of workload identity federation',
  });
}
