import { CanaryError, throwIfAny } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import type { NeededAccess } from '../release/needed-access.ts';
import { inParallel } from './in-parallel.ts';
import type { KubeApi } from './kube-api.ts';
import { groupOf } from './resource-table.ts';

/** One verb on one resource, as access rules have it. */
interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly verb: string;
}

const reviews = '/apis/authorization.k8s.io/v1';

/**
 * Asks the API server whether this account may do what the release will do. Throws `CLUSTER_FORBIDDEN` for each kind,
 * naming every missing verb. An API server that can't say is no obstacle: what is forbidden then shows when it is done.
 */
export async function checkAccess(api: KubeApi, needed: readonly NeededAccess[]): Promise<void> {
  const permissions = (
    await Promise.all(
      needed.map(async ({ apiVersion, kind, namespace = '', verbs }) => {
        const { plural } = await api.resources.resourceOf(apiVersion, kind);
        return verbs.map(verb => ({ group: groupOf(apiVersion), resource: plural, namespace, verb }));
      }),
    )
  ).flat();
  const missing: Permission[] = [];
  await inParallel([...new Set(permissions.map(({ namespace }) => namespace))], async namespace => {
    const here = permissions.filter(permission => permission.namespace === namespace);
    const rules = namespace === '' ? undefined : await rulesOf(api, namespace);
    const unproven = here.filter(permission => !rules?.some(rule => allows(rule, permission)));
    // Authorizers that can't list their rules (a webhook, as with Entra's roles) are asked one by one.
    await inParallel(unproven, async permission => {
      if ((await isAllowed(api, permission)) === false) missing.push(permission);
    });
  });
  throwIfAny(forbidden(missing));
}

/** All that the account may do in a namespace, in one answer; `undefined` where the server does not tell. */
async function rulesOf(api: KubeApi, namespace: string): Promise<readonly unknown[] | undefined> {
  const body = review('SelfSubjectRulesReview', { namespace });
  const rules = valueAt(await ask(api, 'selfsubjectrulesreviews', body), 'status', 'resourceRules');
  return Array.isArray(rules) ? rules : undefined;
}

async function isAllowed(api: KubeApi, permission: Permission): Promise<boolean | undefined> {
  const body = review('SelfSubjectAccessReview', { resourceAttributes: permission });
  const allowed = valueAt(await ask(api, 'selfsubjectaccessreviews', body), 'status', 'allowed');
  return typeof allowed === 'boolean' ? allowed : undefined;
}

function review(kind: string, spec: object): object {
  return { apiVersion: 'authorization.k8s.io/v1', kind, metadata: {}, spec };
}

async function ask(api: KubeApi, plural: string, body: object): Promise<unknown> {
  const answer = await api.transport.send({
    verb: 'create',
    what: 'a review of its own permissions',
    path: `${reviews}/${plural}`,
    body,
  });
  return answer.status < 300 ? answer.body : undefined;
}

/** Rules for single names don't count: the names are not known to whoever wrote them. */
function allows(rule: unknown, { group, resource, verb }: Permission): boolean {
  const { apiGroups, resources, verbs, resourceNames } = asRecord(rule) ?? {};
  const names = Array.isArray(resourceNames) ? resourceNames : [];
  return names.length === 0 && holds(apiGroups, group) && holds(resources, resource) && holds(verbs, verb);
}

function holds(values: unknown, value: string): boolean {
  return Array.isArray(values) && (values.includes(value) || values.includes('*'));
}

function forbidden(missing: readonly Permission[]): CanaryError[] {
  const places = new Map<string, string[]>();
  for (const { group, resource, namespace, verb } of missing) {
    const what = group === '' ? resource : `${resource}.${group}`;
    const place = `${what} ${namespace === '' ? 'in the cluster' : `in namespace ${namespace}`}`;
    places.set(place, [...(places.get(place) ?? []), verb]);
  }
  return [...places].sort().map(
    ([place, verbs]) =>
      new CanaryError(
        'CLUSTER_FORBIDDEN',
        `The release would need to ${[...new Set(verbs)].join(', ')} ${place}`,
        {
          expected: 'an account that may do so',
          found: 'the account of the service connection, which may not',
          hint: 'Give it the Role of docs/rbac.yaml',
        },
      ),
  );
}
