import { CanaryError } from '../release/errors.ts';
import { valueAt } from '../release/kube-object.ts';
import type { AzureAnswer } from './azure-http.ts';
import type { AzureIdentity } from './azure-identity.ts';

interface Cure {
  readonly codes: readonly number[];
  /** The field of the service connection that is wrong. */
  readonly field: string;
  readonly hint: string;
}

/** What Entra's error numbers come to for who owns the connection. */
const cures: readonly Cure[] = [
  {
    codes: [7000222],
    field: 'serviceprincipalkey, which has expired',
    hint: 'Make a new client secret for the app registration and put it into the service connection, or convert that to workload identity federation, which has none',
  },
  {
    codes: [7000215, 7000218],
    field: 'serviceprincipalkey',
    hint: "Put the client secret's value, not its id, into the service connection",
  },
  {
    codes: [700016, 7000112, 7000229],
    field: 'serviceprincipalid',
    hint: 'Compare it, and the tenant, with the app registration: it must exist there, have a service principal and be enabled',
  },
  {
    codes: [90002, 90023, 900023, 900021],
    field: 'tenantid',
    hint: 'Correct the tenant of the service connection, and check that its environment is the right cloud',
  },
  {
    codes: [700027, 700030, 5000811, 7000214],
    field: 'servicePrincipalCertificate',
    hint: 'Upload this very certificate to the app registration, or put its present one into the service connection; it must not have expired',
  },
  {
    codes: [70021, 700211, 700212, 700213, 7002138],
    field: 'the federated credential of the app registration',
    hint: 'Give it the issuer and subject that the service connection shows, and the audience api://AzureADTokenExchange',
  },
  {
    codes: [700024],
    field: 'the clock of the agent',
    hint: 'Set the clock of the agent: the time in what it signed is not the present',
  },
  {
    codes: [500011, 650057],
    field: 'the tenant',
    hint: 'What is asked for is unknown in this tenant: does the cluster, or the workspace, belong to the tenant of the service connection?',
  },
  {
    codes: [53003, 530003, 50105],
    field: 'a policy of the tenant',
    hint: 'Ask the administrators of Entra ID: conditional access, or a missing assignment, keeps the app out',
  },
];

/** Entra's refusal of a token, with the field to mend. The trace ids at its end are left out, as is what was sent. */
export function entraRefusal(identity: AzureIdentity, resource: string, answer: AzureAnswer): CanaryError {
  const description = valueAt(answer.body, 'error_description');
  const error = valueAt(answer.body, 'error');
  const words = typeof description === 'string' ? description : typeof error === 'string' ? error : '';
  const [said = ''] = words.split(/\s*(?:\r?\n| Trace ID:| Timestamp:)/);
  const found = `HTTP ${answer.status}${said === '' ? '' : ` ${said}`}`;
  if (identity.kind === 'managed') {
    return new CanaryError('AZURE_REFUSED', `The managed identity gives no token for ${resource}`, {
      found,
      hint: 'Give the virtual machine of the agent a managed identity, or correct the client id of the service connection',
    });
  }
  const number = Number(/AADSTS(\d+)/.exec(said)?.[1]);
  const cure = cures.find(({ codes }) => codes.includes(number));
  const where = cure === undefined ? '' : ` (${cure.field})`;
  return new CanaryError(
    'AZURE_REFUSED',
    `Entra ID gives the Azure connection no token for ${resource}${where}`,
    {
      found,
      hint:
        cure?.hint ??
        'Look the number up in the error codes of Microsoft Entra, and correct the service connection',
    },
  );
}
