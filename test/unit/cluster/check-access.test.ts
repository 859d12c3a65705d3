import assert from 'node:assert/strict';
import { checkAccess } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/check-access.ts';
import { CanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type NeededAccess,
  neededAccess,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/needed-access.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { canaryPlan } from '../release/doubles.ts';
import { claim } from '../release/run.ts';
import { clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { json, status, TestServer } from './test-server.ts';

interface Authorizer {
  /** The rules that it lists; absent where it knows no such question. */
  readonly rules?: readonly object[];
  /** Its answer for one verb; absent where it knows no such question either. */
  readonly allows?: (attributes: Readonly<Record<string, string>>) => boolean;
}

/** Asks a server with this authorizer for everything of `needed`; resolves to the plural of each review it was asked. */
async function check(needed: readonly NeededAccess[], { rules, allows }: Authorizer): Promise<string[]> {
  const server = await TestServer.start(({ path, text }, response) => {
    const review = JSON.parse(text);
    if (path.endsWith('/selfsubjectrulesreviews') && rules !== undefined) {
      return json(response, 201, { ...review, status: { resourceRules: rules, incomplete: true } });
    }
    if (path.endsWith('/selfsubjectaccessreviews') && allows !== undefined) {
      return json(response, 201, { ...review, status: { allowed: allows(review.spec.resourceAttributes) } });
    }
    return json(response, 403, status(403, 'Forbidden', 'no reviews'));
  });
  const client = await clientOf(server.url, new FastClock(20));
  try {
    await checkAccess(client.api, needed);
    return server.received.map(({ path }) => path.split('/').at(-1) ?? '');
  } finally {
    client.transport.close();
    await server.stop();
  }
}

const deployments: NeededAccess = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  verbs: ['list', 'watch', 'delete'],
};
const rule = (verbs: string[], more: object = {}) => ({
  apiGroups: ['apps'],
  resources: ['deployments'],
  verbs,
  ...more,
});

describe('the check of permissions', () => {
  it('is content with one answer where the rules allow everything', async () => {
    assert.deepEqual(await check([deployments], { rules: [rule(['list', 'watch']), rule(['delete'])] }), [
      'selfsubjectrulesreviews',
    ]);
    const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
    assert.deepEqual(await check([deployments], { rules: [all] }), ['selfsubjectrulesreviews']);
  });

  it('asks for what the rules do not tell, one verb at a time', async () => {
    assert.deepEqual(await check([deployments], { rules: [rule(['list'])], allows: () => true }), [
      'selfsubjectrulesreviews',
      'selfsubjectaccessreviews',
      'selfsubjectaccessreviews',
    ]);
  });

  it('counts no rule that is for some names only', async () => {
    const named = rule(['list', 'watch', 'delete'], { resourceNames: ['web'] });
    await failure(check([deployments], { rules: [named], allows: () => false }), 'CLUSTER_FORBIDDEN');
  });

  it('names every verb that is missing, and the way out', async () => {
    const allows = ({ verb }: Readonly<Record<string, string>>) => verb === 'list';
    assert.equal(
      await failure(check([deployments], { rules: [], allows }), 'CLUSTER_FORBIDDEN'),
      'The release would need to watch, delete deployments.apps in namespace shop: expected an account that may do so, ' +
        'found the account of the service connection, which may not. Give it the Role of docs/rbac.yaml',
    );
    const elsewhere = { ...deployments, namespace: 'elsewhere' };
    await assert.rejects(check([deployments, elsewhere], { rules: [], allows }), (thrown: unknown) => {
      assert.ok(thrown instanceof CanaryErrors);
      assert.equal(thrown.errors.length, 2, 'one error a namespace');
      return true;
    });
  });

  it('holds nobody up where the server answers no such question', async () => {
    assert.equal((await check([deployments], {})).length, 4);
  });
});

describe('what a release needs to be allowed', () => {
  it('is to take away what it makes, to wait for pods, to see what others change, and to hold the lock', () => {
    const needed = neededAccess(
      recordFor({ ...claim, locks: [{ namespace: 'shop', name: 'web-canary' }] }, canaryPlan()),
    );
    const text = needed.map(({ kind, namespace, verbs }) => `${kind} ${namespace}: ${verbs.join(' ')}`);
    assert.deepEqual(text.sort(), [
      'Deployment shop: delete',
      'Deployment shop: list watch',
      'Lease shop: get list watch create update delete',
      'Mapping shop: delete',
      'Mapping shop: list watch',
      'Service shop: delete',
      'Service shop: list watch',
    ]);
  });
});
