import type { AzureIdentity } from '../cluster/azure-identity.ts';
import { checkCertificate } from '../cluster/client-assertion.ts';
import { CanaryError } from '../release/errors.ts';
import { Secret } from '../release/secret.ts';

/** What an Azure Resource Manager connection holds, and what the job says of itself, as the agent hands it over. Empty: nothing. */
export interface AzureFields {
  readonly id: string;
  readonly url: string;
  /** ServicePrincipal, ManagedServiceIdentity or WorkloadIdentityFederation; ServicePrincipal where it is missing. */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly data: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  readonly job: {
    /** `System.CollectionUri`. */
    readonly collection: string;
    readonly project: string;
    /** `System.HostType`: build, release. */
    readonly hub: string;
    readonly plan: string;
    readonly id: string;
    /** The job's own token. */
    readonly token: string;
  };
  /** Where the virtual machine's metadata are, if not where they are for everybody. */
  readonly metadataHost: string;
}

export interface AzureConnection {
  readonly identity: AzureIdentity;
  /** `https://management.azure.com`, without a slash at the end. */
  readonly resourceManager: string;
  /** Absent where the connection is to a management group. */
  readonly subscription?: string;
}

/** Entra ID of each cloud, where the connection does not say. */
const authorities: Readonly<Record<string, string>> = {
  azurecloud: 'https://login.microsoftonline.com',
  azureusgovernment: 'https://login.microsoftonline.us',
  azurechinacloud: 'https://login.partner.microsoftonline.cn',
};

/** Who to be in Azure and where that is, or `CONNECTION_INVALID` with the field that is missing. No secret is quoted. */
export function parseAzureConnection(fields: AzureFields): AzureConnection {
  const subscription = fields.data.get('subscriptionid');
  return {
    identity: identityOf(fields),
    resourceManager: httpsUrl('its URL', fields.url),
    ...(subscription && { subscription }),
  };
}

function identityOf(fields: AzureFields): AzureIdentity {
  const { scheme, data, parameters, job } = fields;
  switch ((scheme || 'ServicePrincipal').toLowerCase()) {
    case 'managedserviceidentity': {
      const client = data.get('msiclientid');
      const metadataHost = fields.metadataHost.replace(/\/+$/, '') || 'http://169.254.169.254';
      return { kind: 'managed', metadataHost, ...(client && { client }) };
    }
    case 'workloadidentityfederation':
      return {
        kind: 'federated',
        ...appOf(fields),
        oidcUrl: oidcUrl(fields),
        jobToken: new Secret(given('the access token of the job', job.token)),
      };
    case 'serviceprincipal': {
      if (parameters.get('authenticationtype')?.toLowerCase() !== 'spncertificate') {
        const secret = given('serviceprincipalkey', parameters.get('serviceprincipalkey'));
        return { kind: 'secret', ...appOf(fields), secret: new Secret(secret) };
      }
      const pem = given('servicePrincipalCertificate', parameters.get('serviceprincipalcertificate'));
      checkCertificate(pem);
      return { kind: 'certificate', ...appOf(fields), pem: new Secret(pem) };
    }
    default:
      throw invalid({
        expected: 'a service principal, a managed identity or workload identity federation',
        found: scheme,
        hint: 'Name another connection as `azureSubscriptionConnection`',
      });
  }
}

function appOf({ data, parameters }: AzureFields) {
  const environment = data.get('environment') || 'AzureCloud';
  const isAdfs = data.get('enableadfsauthentication')?.toLowerCase() === 'true';
  if (isAdfs || environment.toLowerCase() === 'azurestack') {
    throw invalid({
      expected: 'a cloud with Entra ID',
      found: isAdfs ? 'a login through AD FS' : environment,
      hint: 'Make a Kubernetes service connection to the cluster instead',
    });
  }
  const authority =
    data.get('activedirectoryauthority') ||
    data.get('environmentauthorityurl') ||
    authorities[environment.toLowerCase()];
  return {
    authority: httpsUrl('activeDirectoryAuthority', authority),
    tenant: given('tenantid', parameters.get('tenantid')),
    client: given('serviceprincipalid', parameters.get('serviceprincipalid')),
  };
}

/** Where Azure Pipelines makes the statement for Entra: the route of `createOidcToken` (facts/azure.md 4). */
function oidcUrl({ id, job }: AzureFields): string {
  const collection = httpsUrl('System.CollectionUri', job.collection);
  const parts = [job.project, job.hub, job.plan, job.id].map((part, index) => {
    const name = ['System.TeamProjectId', 'System.HostType', 'System.PlanId', 'System.JobId'][index] ?? '';
    return encodeURIComponent(given(name, part));
  });
  const [project, hub, plan, jobId] = parts;
  const path = `${project}/_apis/distributedtask/hubs/${hub}/plans/${plan}/jobs/${jobId}/oidctoken`;
  const query = new URLSearchParams({ 'api-version': '7.2-preview.1', serviceConnectionId: id });
  return `${collection}/${path}?${query}`;
}

function given(field: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw invalid({
    expected: field,
    found: 'nothing',
    hint: 'Save the service connection again, and verify it there',
  });
}

function httpsUrl(field: string, text: string | undefined): string {
  const url = URL.canParse(given(field, text)) ? new URL(text ?? '') : undefined;
  if (url?.protocol === 'https:' && url.username === '')
    return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '');
  throw invalid({
    expected: `an https:// address as ${field}`,
    found: 'something else',
    hint: 'Correct the environment of the service connection',
  });
}

function invalid(details: { expected: string; found: string; hint: string }): CanaryError {
  return new CanaryError('CONNECTION_INVALID', "The Azure connection can't be used", details);
}
