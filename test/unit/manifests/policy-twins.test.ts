import assert from 'node:assert/strict';
import {
  budgetTwins,
  type CanaryPods,
  policyNotes,
  policyTwins,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/policy-twins.ts';
import {
  type Around,
  nothingAround,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

const web = { matchLabels: { app: 'web' } };
const webCanary = { matchLabels: { app: 'web-canary' } };
const db = { matchLabels: { app: 'db' } };
const pods: CanaryPods = {
  namespace: 'shop',
  stable: [{ app: 'web', team: 'blue' }],
  canary: { app: 'web-canary', team: 'blue' },
  keys: new Set(['app']),
};
const ours = { 'ambassador-canary/release': 'web' };

function policy(name: string, spec: object, namespace = 'shop', labels?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, ...(labels && { labels }) },
    spec,
  };
}
function budget(spec: object, namespace = 'shop'): KubeObject {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web', namespace }, spec };
}
function twins(policies: readonly KubeObject[], around: Partial<Around> = {}, manifests: KubeObject[] = []) {
  return policyTwins(pods, { ...nothingAround, policies, ...around }, manifests, 'web').map(
    ({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec],
  );
}
const fromApi = { from: [{ podSelector: { matchLabels: { app: 'api' } } }] };
const fromWeb = { from: [{ podSelector: web }], ports: [{ port: 5432 }] };

describe('a NetworkPolicy that holds pods of stable', () => {
  it('has a twin that holds those of the canary by the same rules, with our label', () => {
    const spec = { podSelector: web, policyTypes: ['Ingress', 'Egress'], ingress: [fromApi], egress: [{}] };
    const around = { ...nothingAround, policies: [policy('web', spec, 'shop', { team: 'blue' })] };
    assert.deepEqual(policyTwins(pods, around, [], 'web'), [
      policy('web-canary', { ...spec, podSelector: webCanary }, 'shop', { team: 'blue', ...ours }),
    ]);
  });

  it('needs none where it holds the canary as well', () => {
    assert.deepEqual(twins([policy('all', { podSelector: {}, ingress: [fromApi] })]), []);
    assert.deepEqual(twins([policy('blue', { podSelector: { matchLabels: { team: 'blue' } } })]), []);
  });

  it('has none where it holds others, or pods of another namespace', () => {
    assert.deepEqual(twins([policy('db', { podSelector: db, ingress: [fromApi] })]), []);
    assert.deepEqual(twins([policy('web', { podSelector: web }, 'other')]), []);
  });

  it('has one as the manifests have it, also where it is new', () => {
    const latest = policy('web', { podSelector: web, ingress: [fromApi] });
    const expected = [['shop/web-canary', { podSelector: webCanary, ingress: [fromApi] }]];
    assert.deepEqual(twins([policy('web', { podSelector: web, ingress: [] })], {}, [latest]), expected);
    assert.deepEqual(twins([], {}, [latest]), expected);
  });

  it('is no twin of an earlier release', () => {
    assert.deepEqual(twins([policy('web-x', { podSelector: web }, 'shop', ours)]), []);
  });

  it('that speaks of stable by expressions speaks of the canary in its twin', () => {
    const podSelector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] };
    assert.deepEqual(twins([policy('both', { podSelector })]), [
      [
        'shop/both-canary',
        {
          podSelector: {
            matchExpressions: [{ key: 'app', operator: 'In', values: ['web-canary', 'api-canary'] }],
          },
        },
      ],
    ]);
  });
});

describe('a NetworkPolicy that admits pods of stable', () => {
  it('has a twin with just those rules, and the canary as the peer', () => {
    const spec = { podSelector: db, policyTypes: ['Ingress', 'Egress'], ingress: [fromApi, fromWeb] };
    assert.deepEqual(twins([policy('db', spec)]), [
      [
        'shop/db-peers-canary',
        {
          podSelector: db,
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: webCanary }], ports: [{ port: 5432 }] }],
        },
      ],
    ]);
  });

  it('has two where it holds them as well: pods of stable talk to each other, and to the canary', () => {
    const spec = { podSelector: web, ingress: [fromWeb] };
    assert.deepEqual(twins([policy('web', spec)]), [
      [
        'shop/web-canary',
        {
          podSelector: webCanary,
          ingress: [{ ...fromWeb, from: [...fromWeb.from, { podSelector: webCanary }] }],
        },
      ],
      [
        'shop/web-peers-canary',
        {
          podSelector: web,
          policyTypes: ['Ingress'],
          ingress: [{ ...fromWeb, from: [{ podSelector: webCanary }] }],
        },
      ],
    ]);
  });

  it('never closes a direction that is open: neither one that it does not rule, nor for pods that none holds yet', () => {
    const egress = { podSelector: db, policyTypes: ['Ingress'], egress: [{ to: [{ podSelector: web }] }] };
    assert.deepEqual(twins([policy('db', egress)]), []);
    assert.deepEqual(twins([], {}, [policy('db', { podSelector: db, ingress: [fromWeb] })]), []);
  });

  const inShop = { namespaceSelector: { matchLabels: { name: 'shop' } }, podSelector: web };
  const elsewhere = policy('db', { podSelector: db, ingress: [{ from: [inShop] }] }, 'data');
  it('has one in its own namespace where it names that of stable', () => {
    const shop = { namespaceLabels: new Map([['shop', { name: 'shop' }]]) };
    assert.deepEqual(
      twins([elsewhere], shop).map(([name]) => name),
      ['data/db-peers-canary'],
    );
    assert.deepEqual(twins([elsewhere], { namespaceLabels: new Map([['shop', { name: 'till' }]]) }), []);
  });

  it('has one as well where the labels of the namespace may not be read, which allows no more than stable may', () => {
    assert.equal(twins([elsewhere]).length, 1);
  });

  it('means pods of its own namespace by a bare pod selector, and everybody by a bare namespace selector', () => {
    assert.deepEqual(twins([policy('db', { podSelector: db, ingress: [fromWeb] }, 'data')]), []);
    const everybody = { from: [{ namespaceSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8' } }] };
    assert.deepEqual(twins([policy('db', { podSelector: db, ingress: [everybody] })]), []);
  });
});

describe('policies around a canary', () => {
  it('that would hold the canary and not stable are named', () => {
    const podSelector = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] };
    const policies = [policy('others', { podSelector }), policy('web', { podSelector: web })];
    const notes = policyNotes(pods, { ...nothingAround, policies });
    assert.equal(notes.length, 1);
    assert.match(notes.join(), /NetworkPolicy shop\/others holds the canary's pods and not stable's/);
  });

  it('leave names alone that no object may have: names stay within 63 characters', () => {
    const [[name] = ['']] = twins([policy('p'.repeat(200), { podSelector: web })]) as [string, unknown][];
    assert.ok(String(name).length <= 'shop/'.length + 63);
  });
});

describe('a PodDisruptionBudget of stable', () => {
  const twinsOf = (...budgets: KubeObject[]) =>
    budgetTwins(pods, { ...nothingAround, budgets }, 'web').map(({ spec }) => spec);

  it('has a twin that lets one pod of the canary go at a time', () => {
    assert.deepEqual(
      twinsOf(budget({ minAvailable: '80%', unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: web })),
      [{ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: webCanary }],
    );
    assert.deepEqual(twinsOf(budget({ maxUnavailable: '50%', selector: web })), [
      { maxUnavailable: 1, selector: webCanary },
    ]);
  });

  it('has none where it is about others, or about both', () => {
    assert.deepEqual(twinsOf(budget({ selector: db })), []);
    assert.deepEqual(twinsOf(budget({ selector: {} }), budget({ selector: web }, 'other')), []);
  });
});
