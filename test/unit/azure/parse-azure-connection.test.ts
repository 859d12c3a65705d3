import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAks } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-aks.ts';
import {
  type AzureFields,
  parseAzureConnection,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-azure-connection.ts';
import { azureMonitorResource } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/azure-monitor.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { releaseInputs } from './default-inputs.ts';

const pem = readFileSync(new URL('../../fixtures/tls/app.pem', import.meta.url), 'utf8');
const stranger = readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8');
const job = {
  collection: 'https://dev.example.com/shop/',
  project: 'p',
  hub: 'build',
  plan: 'l',
  id: 'j',
  token: 't',
};
const app = { tenantid: 'tenant', serviceprincipalid: 'app' };
const key = { ...app, authenticationtype: 'spnKey', serviceprincipalkey: 'secret' };

interface Given {
  readonly scheme?: string;
  readonly url?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly job?: Partial<AzureFields['job']>;
}
const fieldsOf = (given: Given = {}): AzureFields => ({
  id: 'connection',
  url: given.url ?? 'https://management.azure.com/',
  scheme: given.scheme ?? 'ServicePrincipal',
  data: new Map(Object.entries({ subscriptionid: 's', environment: 'AzureCloud', ...given.data })),
  parameters: new Map(Object.entries(given.parameters ?? key)),
  job: { ...job, ...given.job },
  metadataHost: '',
});
const parse = (given?: Given) => parseAzureConnection(fieldsOf(given));
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    return toCanaryErrors(thrown)
      .map(error => error.coded)
      .join('\n');
  }
  return assert.fail('it was taken');
};
const authorityOf = (given: Given) => {
  const { identity } = parse(given);
  return identity.kind === 'managed' ? undefined : identity.authority;
};

describe('an Azure connection', () => {
  it('says who to be, by each scheme', () => {
    const { identity, ...rest } = parse({ scheme: '' });
    assert.deepEqual(rest, { resourceManager: 'https://management.azure.com', subscription: 's' });
    const common = { authority: 'https://login.microsoftonline.com', tenant: 'tenant', client: 'app' };
    assert.deepEqual(JSON.parse(JSON.stringify(identity)), { kind: 'secret', ...common, secret: '***' });
    assert.equal(identity.kind === 'secret' && identity.secret.reveal(), 'secret');

    const certificate = { ...app, authenticationtype: 'spnCertificate', serviceprincipalcertificate: pem };
    assert.equal(parse({ parameters: certificate }).identity.kind, 'certificate');

    const federated = parse({ scheme: 'WorkloadIdentityFederation', parameters: app }).identity;
    assert.deepEqual(JSON.parse(JSON.stringify(federated)), {
      kind: 'federated',
      ...common,
      oidcUrl:
        'https://dev.example.com/shop/p/_apis/distributedtask/hubs/build/plans/l/jobs/j/oidctoken?api-version=7.2-preview.1&serviceConnectionId=connection',
      jobToken: '***',
    });

    const managed = { scheme: 'ManagedServiceIdentity', parameters: { tenantid: 'tenant' } };
    const metadataHost = 'http://169.254.169.254';
    assert.deepEqual(parse(managed).identity, { kind: 'managed', metadataHost });
    assert.deepEqual(parse({ ...managed, data: { msiclientid: 'mine' } }).identity, {
      kind: 'managed',
      metadataHost,
      client: 'mine',
    });
  });

  it('goes to the cloud that it names', () => {
    assert.equal(
      authorityOf({ data: { environment: 'AzureUSGovernment' } }),
      'https://login.microsoftonline.us',
    );
    assert.equal(
      authorityOf({ data: { environment: 'AzureChinaCloud' } }),
      'https://login.partner.microsoftonline.cn',
    );
    const both = {
      environmentauthorityurl: 'https://old.example/',
      activedirectoryauthority: 'https://new.example/',
    };
    assert.equal(authorityOf({ data: both }), 'https://new.example');
    assert.equal(authorityOf({ data: { ...both, activedirectoryauthority: '' } }), 'https://old.example');
    const government = parse({ url: 'https://management.usgovcloudapi.net/' });
    assert.equal(government.resourceManager, 'https://management.usgovcloudapi.net');
  });

  it('that lacks something, or can not work, says what, and quotes no secret', () => {
    const federated = { scheme: 'WorkloadIdentityFederation', parameters: app };
    const certificate = (text: string) => ({
      parameters: { ...app, authenticationtype: 'spnCertificate', serviceprincipalcertificate: text },
    });
    for (const [given, expected] of [
      [{ parameters: { ...key, serviceprincipalkey: '' } }, /expected serviceprincipalkey, found nothing/],
      [{ parameters: { ...key, tenantid: '' } }, /expected tenantid/],
      [{ parameters: { ...key, serviceprincipalid: '' } }, /expected serviceprincipalid/],
      [certificate(''), /expected servicePrincipalCertificate/],
      [certificate(stranger), /PEM with one certificate and its RSA private key/],
      [certificate(`${pem.split('-----BEGIN CERT')[0]}${stranger}`), /PEM with one certificate/],
      [{ ...federated, job: { token: '' } }, /expected the access token of the job/],
      [{ ...federated, job: { plan: '' } }, /expected System\.PlanId/],
      [
        { ...federated, job: { collection: 'http://dev.example.com' } },
        /https:\/\/ address as System\.CollectionUri/,
      ],
      [{ scheme: 'PublishProfile' }, /found PublishProfile/],
      [{ data: { environment: 'AzureStack' } }, /found AzureStack.*Make a Kubernetes service connection/],
      [{ data: { enableadfsauthentication: 'true' } }, /AD FS/],
      [{ data: { environment: 'Mooncake' } }, /expected activeDirectoryAuthority/],
      [{ url: 'http://management.azure.com' }, /https:\/\/ address as its URL/],
    ] as const) {
      const text = refusal(() => parse(given));
      assert.match(text, expected);
      assert.match(text, /^CONNECTION_INVALID: /);
      assert.doesNotMatch(text, /secret'|MII|PRIVATE/);
    }
  });
});

describe('the inputs of AKS', () => {
  const aks = {
    connectionType: 'azureResourceManager',
    azureSubscriptionConnection: 'c',
    azureResourceGroup: 'shop_rg.(1)',
    kubernetesCluster: 'shop-aks',
  };

  it('name a cluster in the subscription of the connection', () => {
    assert.deepEqual(parseAks(releaseInputs({ ...aks, useClusterAdmin: 'True' }), parse()), {
      resourceManager: 'https://management.azure.com',
      subscription: 's',
      resourceGroup: 'shop_rg.(1)',
      name: 'shop-aks',
      asAdmin: true,
    });
  });

  it('are all told at once where they are missing or wrong', () => {
    const none = refusal(() =>
      parseAks(releaseInputs({ connectionType: 'azureResourceManager' }), undefined),
    );
    for (const input of ['azureSubscriptionConnection', 'azureResourceGroup', 'kubernetesCluster'])
      assert.match(none, new RegExp(`^INPUT_INVALID: Input \`${input}\` .*it to be given`, 'm'));
    const wrong = { ...aks, azureResourceGroup: 'a/../b', kubernetesCluster: '$(cluster)' };
    const text = refusal(() => parseAks(releaseInputs(wrong), parse({ data: { subscriptionid: '' } })));
    assert.match(text, /`azureResourceGroup` .*found `a\/\.\.\/b`/);
    assert.match(text, /`kubernetesCluster` .*The variable `\$\(cluster\)` has no value/);
    assert.match(text, /`azureSubscriptionConnection` .*management group/);
  });
});

it('an Azure Monitor workspace is known by its address, in each cloud, and over TLS only', () => {
  for (const [address, resource] of [
    ['https://shop-1a2b.westeurope.prometheus.monitor.azure.com', 'https://prometheus.monitor.azure.com'],
    ['https://query.westeurope.prometheus.monitor.azure.com/x', 'https://prometheus.monitor.azure.com'],
    ['https://s.usgovvirginia.Prometheus.monitor.azure.us', 'https://prometheus.monitor.azure.us'],
    ['https://s.chinaeast.prometheus.monitor.azure.cn', 'https://prometheus.monitor.azure.cn'],
    ['http://shop.westeurope.prometheus.monitor.azure.com', undefined],
    ['https://prometheus.monitor.azure.com.example.com', undefined],
    ['https://notprometheus.monitor.azure.com', undefined],
    ['https://prometheus.example.com', undefined],
  ] as const) {
    assert.equal(azureMonitorResource(address), resource, address);
  }
});
