import assert from 'node:assert/strict';
import type { ApiError } from '../../../sandbox/api-server/status.ts';
import { at, type JsonObject, type KubeObject } from '../../../sandbox/objects.ts';
import { mappingObject, namespace, newRegistry, place, webDeployment } from './objects.ts';

const deployments = place('apps/v1', 'Deployment', 'web');
const container = (object: KubeObject) =>
  (at(object, 'spec', 'template', 'spec', 'containers') as JsonObject[])[0] ?? {};
const owners = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map(entry => `${entry.manager} ${entry.operation}`);

describe('server-side apply in the sandbox', () => {
  it('merges containers, variables and ports by their keys, and leaves what others own', () => {
    const registry = newRegistry();
    registry.create(deployments.resource, namespace, webDeployment(), { manager: 'kubectl-create' });
    const config = webDeployment({ env: [{ name: 'B', value: '2' }] });
    const { object } = registry.apply(deployments, config, { manager: 'tool', force: true });
    assert.deepEqual(container(object).env, [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
  });

  it('takes another apply of an autoscaler whose status says null', () => {
    const registry = newRegistry();
    const key = place('autoscaling/v2', 'HorizontalPodAutoscaler', 'web');
    const spec = {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    };
    const config = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec,
    };
    const first = registry.apply(key, config, { manager: 'tool', force: true }).object;
    const { object } = registry.apply(key, config, { manager: 'tool', force: true });
    assert.deepEqual([object.status, at(object, 'status', 'currentMetrics')], [first.status, null]);
  });

  it('removes what the manager applied before and leaves out now', () => {
    const registry = newRegistry();
    const first = webDeployment({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    });
    registry.apply(deployments, first, { manager: 'tool', force: true });
    const { object } = registry.apply(deployments, webDeployment(), { manager: 'tool', force: true });
    assert.deepEqual(container(object).env, [{ name: 'A', value: '1' }]);
  });

  it('keeps what two managers have applied until the second lets go of it as well', () => {
    const registry = newRegistry();
    const key = place('v1', 'ConfigMap', 'settings');
    const config = (data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data,
    });
    registry.apply(key, config({ a: '1', b: '2' }), { manager: 'one', force: true });
    registry.apply(key, config({ a: '1' }), { manager: 'two', force: false });
    const kept = registry.apply(key, config({}), { manager: 'one', force: true }).object;
    assert.deepEqual(kept.data, { a: '1' });
    assert.deepEqual(owners(kept), ['one Apply', 'two Apply']);
    assert.equal(registry.apply(key, config({}), { manager: 'two', force: true }).object.data, undefined);
  });

  it('refuses to take a field from another manager, naming both, unless it is forced', () => {
    const registry = newRegistry();
    registry.create(deployments.resource, namespace, webDeployment(), { manager: 'kubectl' });
    const config = { ...webDeployment(), spec: { ...(webDeployment().spec as object), replicas: 5 } };
    assert.throws(
      () => registry.apply(deployments, config, { manager: 'tool', force: false }),
      (error: ApiError) => {
        assert.equal(error.code, 409);
        assert.equal(
          error.message,
          'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
        );
        return true;
      },
    );
    const { object } = registry.apply(deployments, config, { manager: 'tool', force: true });
    assert.equal(at(object, 'spec', 'replicas'), 5);
    const creator = object.metadata.managedFields?.find(entry => entry.manager === 'kubectl');
    assert.equal(
      at(creator, 'fieldsV1', 'f:spec', 'f:replicas'),
      undefined,
      'the loser still owns the field',
    );
  });

  it('writes nothing when nothing changes, so that the version stays', () => {
    const registry = newRegistry();
    const key = place('getambassador.io/v3alpha1', 'Mapping', 'web');
    const once = registry.apply(key, mappingObject('web'), { manager: 'tool', force: true });
    const twice = registry.apply(key, mappingObject('web'), { manager: 'tool', force: true });
    assert.equal(once.created, true);
    assert.equal(twice.created, false);
    assert.equal(twice.object.metadata.resourceVersion, once.object.metadata.resourceVersion);
  });

  it('counts a generation only when the spec changes', () => {
    const registry = newRegistry();
    const key = place('getambassador.io/v3alpha1', 'Mapping', 'web');
    registry.apply(key, mappingObject('web'), { manager: 'tool', force: true });
    const labelled = { ...mappingObject('web'), metadata: { name: 'web', labels: { a: 'b' } } };
    assert.equal(
      registry.apply(key, labelled, { manager: 'tool', force: true }).object.metadata.generation,
      1,
    );
    const weighted = mappingObject('web', { weight: 5 });
    assert.equal(
      registry.apply(key, weighted, { manager: 'tool', force: true }).object.metadata.generation,
      2,
    );
  });

  it('shows what would come of a dry run and stores nothing', () => {
    const registry = newRegistry();
    const { object } = registry.apply(deployments, webDeployment(), {
      manager: 'tool',
      force: true,
      dryRun: true,
    });
    assert.equal(container(object).imagePullPolicy, 'IfNotPresent');
    assert.equal(object.metadata.resourceVersion, undefined);
    assert.deepEqual(registry.store.list(deployments.resource), []);
  });

  it('hands the items of a list in the order of the configuration, others where they stood', () => {
    const registry = newRegistry();
    const variables = (...names: string[]) =>
      webDeployment({ env: names.map(name => ({ name, value: name })) });
    registry.apply(deployments, variables('a', 'x', 'b'), { manager: 'other', force: true });
    const { object } = registry.apply(deployments, variables('b', 'a'), { manager: 'tool', force: true });
    const names = (container(object).env as JsonObject[]).map(({ name }) => name);
    // Measured on kube-apiserver 1.35.
    assert.deepEqual(names, ['x', 'b', 'a']);
  });
});
