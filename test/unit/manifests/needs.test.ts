import assert from 'node:assert/strict';
import {
  claimsOf,
  missingError,
  newNeeds,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/needs.ts';
import {
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function deployment(podSpec: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'app' }], ...podSpec } } },
  };
}

function named(apiVersion: string, kind: string, name: string, more: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...more };
}

function needs(objects: readonly KubeObject[], live: readonly KubeObject[]): readonly string[] {
  const found = newNeeds(objects, new Map(live.map(object => [identityOf(refOf(object)), object])));
  return found.map(({ ref, by }) => `${nameOf(by)}: ${nameOf(ref)}`);
}

const demanding = {
  serviceAccountName: 'robot',
  priorityClassName: 'urgent',
  volumes: [
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'scratch', emptyDir: {} },
  ],
};
const old = deployment({});

describe('what a new version needs', () => {
  it('is what its pods name and those that run do not have', () => {
    assert.deepEqual(needs([deployment(demanding)], [old]), [
      'Deployment shop/web: ServiceAccount shop/robot',
      'Deployment shop/web: PriorityClass urgent',
      'Deployment shop/web: PersistentVolumeClaim shop/data',
      'Deployment shop/web: ConfigMap shop/settings',
    ]);
    assert.deepEqual(needs([deployment(demanding)], [deployment(demanding)]), []);
  });

  it('is nothing that comes with the manifests, whether the cluster has it or not', () => {
    const held = [
      named('v1', 'ServiceAccount', 'robot'),
      named('v1', 'PersistentVolumeClaim', 'data'),
      named('v1', 'ConfigMap', 'settings'),
    ];
    assert.deepEqual(needs([deployment(demanding), ...held], [old]), [
      'Deployment shop/web: PriorityClass urgent',
    ]);
  });

  it('is nothing that pods start without: optional settings, Secrets that a driver may still make, names left empty', () => {
    const modest = {
      serviceAccountName: '',
      priorityClassName: '',
      volumes: [
        { name: 'settings', configMap: { name: 'settings', optional: true } },
        { name: 'keys', secret: { secretName: 'keys' } },
        { name: 'none', persistentVolumeClaim: {} },
      ],
    };
    assert.deepEqual(needs([deployment(modest)], [old]), []);
  });

  it('is not asked of a Deployment that is new: its own start tells', () => {
    assert.deepEqual(needs([deployment(demanding)], []), []);
  });

  it('is the role of a binding that is new, for without it the binding allows nothing', () => {
    const rbac = 'rbac.authorization.k8s.io/v1';
    const binding = (kind: string, name: string, roleRef: object) => named(rbac, kind, name, { roleRef });
    const objects = [
      binding('RoleBinding', 'own', { kind: 'Role', name: 'reader' }),
      binding('RoleBinding', 'general', { kind: 'ClusterRole', name: 'view' }),
      {
        ...binding('ClusterRoleBinding', 'all', { kind: 'ClusterRole', name: 'edit' }),
        metadata: { name: 'all' },
      },
      binding('RoleBinding', 'odd', {}),
      binding('Widget', 'other', { kind: 'Role', name: 'something' }),
    ];
    assert.deepEqual(needs(objects, []), [
      'RoleBinding shop/own: Role shop/reader',
      'RoleBinding shop/general: ClusterRole view',
      'ClusterRoleBinding all: ClusterRole edit',
    ]);
    assert.deepEqual(needs(objects, objects), []);
  });

  it('has every claim that a workload mounts, and only those', () => {
    assert.deepEqual(claimsOf(deployment(demanding)).map(nameOf), ['PersistentVolumeClaim shop/data']);
    assert.deepEqual(claimsOf(old), []);
  });

  it('is refused where it is not there, with the command that makes an account', () => {
    const [account, priority] = newNeeds([deployment(demanding)], new Map([[identityOf(refOf(old)), old]]));
    assert.ok(account !== undefined && priority !== undefined);
    assert.match(
      missingError(account).sentence,
      /^Deployment shop\/web needs ServiceAccount shop\/robot, which does not exist: .*`kubectl create serviceaccount robot --namespace shop`/,
    );
    assert.match(missingError(priority).sentence, /needs PriorityClass urgent.* Create it first, or add it/);
  });
});
