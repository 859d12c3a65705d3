import assert from 'node:assert/strict';
import { createServiceAccount } from '../../rig/service-account.ts';
import type { User } from '../../sandbox/api-server/access.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { askScripts } from './parity/ask-scripts.ts';
import { Comparison, type Difference } from './parity/compare.ts';
import { namespace } from './parity/fixtures.ts';
import { leaseScripts } from './parity/lease-scripts.ts';
import { Side } from './parity/side.ts';
import { watchScripts } from './parity/watch-scripts.ts';
import { workloadScripts } from './parity/workload-scripts.ts';
import { writeScripts } from './parity/write-scripts.ts';
import { clusterForTests, type TestCluster } from './test-cluster.ts';

interface Exception {
  /** The requests whose answers may differ. */
  readonly request: RegExp;
  readonly field: RegExp;
  /** Only where the sandbox lacks what the rig has. */
  readonly lacking?: true;
  readonly why: string;
}

/** All that the sandbox may answer otherwise than the rig. One that is no longer needed fails the test. */
const exceptions: readonly Exception[] = [
  {
    request: /^GET \/version$/,
    field: /^body\/(gitCommit|gitTreeState|goVersion|buildDate|compiler|platform)$/,
    why: 'they say how the program was built; the bundle reads gitVersion alone',
  },
  {
    request: /^GET \/apis\/autoscaling$/,
    field: /^body\/versions\/v1\//,
    lacking: true,
    why: 'the sandbox stores HorizontalPodAutoscalers in v2 alone, and the bundle asks for no other',
  },
  {
    request: /^GET \/apis\/[^/]+\/[^/]+$/,
    field: /^body\/resources\/[^/]+\/storageVersionHash$/,
    lacking: true,
    why: 'it is for those who migrate what etcd holds; the bundle reads name, kind and namespaced',
  },
  {
    request: /^GET \/apis\/x\.getambassador\.io$/,
    field: /^status$/,
    why: 'the rig has the early kinds of Emissary, the sandbox is like a cluster without: the bundle works on both',
  },
  {
    request: /\/selfsubjectrulesreviews$/,
    field: /^body\/status\//,
    why: 'the sandbox knows no rules, and says so; the bundle then asks for each verb',
  },
  {
    request: /\/selfsubjectaccessreviews$/,
    field: /^body\/(metadata\b|status\/reason$)/,
    why: 'who sent the question, and which rule answers it: the bundle reads status.allowed alone',
  },
  {
    request: /^a bookmark of /,
    field: /^body\/object\/(spec|status)\b/,
    lacking: true,
    why: 'a bookmark is an object of its kind with nothing in it, which Go writes out; the bundle reads its version',
  },
];

/** Somebody who may do little, as a Role says it and as the sandbox has it. */
const verbs = ['get', 'list', 'watch'];
const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs }];
const reader: User = {
  name: `system:serviceaccount:${namespace}:reader`,
  token: 'reader',
  may: ({ verb, group, resource, namespace: place }) =>
    group === 'apps' && resource === 'deployments' && place === namespace && verbs.includes(verb),
};

const scripts = [...askScripts, ...watchScripts, ...writeScripts, ...leaseScripts, ...workloadScripts];

describe("the sandbox's API server beside a real one", () => {
  let rig: TestCluster | undefined;
  let sandbox: Sandbox | undefined;
  let sides: { rig: Side; sandbox: Side };
  const used = new Set<Exception>();

  before(async () => {
    const cluster = await clusterForTests();
    rig = cluster;
    await cluster.makeNamespace(namespace);
    const token = await createServiceAccount(cluster.client, { namespace, name: 'reader', rules });
    const fake = await startSandbox({
      namespace,
      requestsPerSecond: 0,
      podReadyMs: 50,
      podStopMs: 20,
      users: [reader],
    });
    sandbox = fake;
    const caData = Buffer.from(cluster.caPem).toString('base64');
    const real = { server: cluster.server, caData, forget: () => {} };
    const imitated = { ...fake, forget: () => fake.state.forgetChanges() };
    sides = {
      rig: await Side.open(real, { admin: cluster.adminToken, reader: token, nobody: 'nobody' }),
      sandbox: await Side.open(imitated, { admin: fake.token, reader: reader.token, nobody: 'nobody' }),
    };
  });
  after(async () => {
    for (const side of Object.values(sides ?? {})) side.close();
    await Promise.all([sandbox?.stop(), rig?.stop()]);
  });

  for (const { name, run } of scripts) {
    it(`answers as it does: ${name}`, async () => {
      const runs = await Promise.allSettled([run(sides.rig), run(sides.sandbox)]);
      const differences = new Comparison().differences(sides.rig.takeRecord(), sides.sandbox.takeRecord());
      const unexpected = differences.filter(isUnexpected).map(textOf);
      assert.ok(unexpected.length === 0, unexpected.join('\n'));
      for (const outcome of runs) if (outcome.status === 'rejected') throw outcome.reason;
    });
  }

  it('answers otherwise only where the list says so, and there each time', () => {
    assert.deepEqual(
      exceptions.filter(exception => !used.has(exception)),
      [],
    );
  });

  function isUnexpected(difference: Difference): boolean {
    const { request, field } = difference;
    const found = exceptions.find(exception => {
      const isLacking = !('sandbox' in difference);
      return (
        exception.request.test(request) && exception.field.test(field) && (!exception.lacking || isLacking)
      );
    });
    if (found) used.add(found);
    return found === undefined;
  }
});

function textOf(difference: Difference): string {
  const said = (server: 'rig' | 'sandbox') =>
    server in difference ? JSON.stringify(difference[server]) : 'nothing';
  return `${difference.request}\n    ${difference.field}: the rig says ${said('rig')}, the sandbox ${said('sandbox')}`;
}
