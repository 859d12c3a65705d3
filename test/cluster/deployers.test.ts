import assert from 'node:assert/strict';
import { objectPath } from '../../rig/apply.ts';
import { type KubeObject, patchType } from '../../rig/kube-client.ts';
import { until } from '../../rig/until.ts';
import { stagedWorld } from './staged-world.ts';
import type { Shop, World } from './world.ts';

/** No request is judged here: what counts is what the objects say. */
const inputs = { weights: '50', pause: '3s', drain: '0s', prometheus: 'none', successRate: 'none' };

interface Container {
  readonly name: string;
  readonly env: readonly { readonly name: string }[];
}

/** A tool that made stable before us, and what it leaves on a Deployment besides the manifest. */
interface Deployer {
  readonly name: string;
  readonly manager: string;
  readonly mark: (deployment: KubeObject) => KubeObject;
}

function annotated(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations } };
}

const lastApplied = (object: KubeObject) =>
  annotated(object, { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) });

const deployers: readonly Deployer[] = [
  { name: 'kubectl apply', manager: 'kubectl-client-side-apply', mark: lastApplied },
  {
    name: 'Helm',
    manager: 'helm',
    mark: object =>
      annotated(object, { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' }),
  },
  {
    name: 'KubernetesManifest@1',
    manager: 'kubectl-client-side-apply',
    // With the method smi it writes its label into the selector, which nobody can change any more (facts/azure.md 1).
    mark: object => {
      const marked = structuredClone(object) as KubeObject & { spec: WorkloadSpec };
      const { selector, template } = marked.spec;
      for (const labels of [selector.matchLabels, template.metadata.labels])
        labels['azure-pipelines/version'] = 'stable';
      return lastApplied(marked);
    },
  },
];

interface WorkloadSpec {
  replicas: number;
  selector: { matchLabels: Record<string, string> };
  template: { metadata: { labels: Record<string, string> }; spec: { containers: Container[] } };
}

function specOf(deployment: KubeObject | undefined): WorkloadSpec {
  assert.ok(deployment !== undefined);
  return deployment.spec as unknown as WorkloadSpec;
}

describe('a stable version that another tool made', () => {
  let world: World;
  const stage = stagedWorld(3, started => {
    world = started;
  });

  /** The old version: with a variable and a sidecar that the new one lacks, and its greeting as plain text. */
  function oldDeployment(shop: Shop): KubeObject {
    const [deployment] = structuredClone(shop.manifests({ env: { OLD_FLAG: 'on', GREETING: 'hello' } }));
    assert.ok(deployment !== undefined);
    const { containers } = specOf(deployment).template.spec;
    containers.push({ name: 'helper', image: 'registry.example.com/sidecar:1', env: [] } as Container);
    return deployment;
  }

  /** The new version: its greeting comes from a ConfigMap, which merged with the old text would be no valid variable. */
  function newTemplate(shop: Shop): unknown {
    const [deployment] = structuredClone(shop.manifests({ version: '2.0.0', env: { OTHER: 'x' } }));
    const { template } = specOf(deployment);
    const [app] = template.spec.containers as unknown as { env: object[] }[];
    app?.env.push({
      name: 'GREETING',
      valueFrom: { configMapKeyRef: { name: 'words', key: 'greeting' } },
    });
    return template;
  }

  /** Makes it as the tool does, by an update and no server-side apply, and has somebody scale it by hand. */
  async function install(shop: Shop, { manager, mark }: Deployer): Promise<void> {
    const { client } = world.cluster;
    const [, ...others] = shop.manifests();
    for (const object of [mark(oldDeployment(shop)), ...others]) {
      const path = objectPath(object, shop.namespace);
      await client.create(`${path.slice(0, path.lastIndexOf('/'))}?fieldManager=${manager}`, object);
    }
    const scale = `${objectPath(oldDeployment(shop), shop.namespace)}/scale`;
    await client.patch(scale, { spec: { replicas: 2 } }, patchType.merge);
    await until(`the old version of ${shop.namespace} is ready`, async () => {
      const live = await shop.get('apps/v1', 'deployments', 'sample-app');
      const status = live?.status as { readyReplicas?: number; replicas?: number } | undefined;
      return status?.readyReplicas === 2 && status.replicas === 2;
    });
  }

  for (const deployer of deployers) {
    const { name, manager } = deployer;
    stage.it(`by ${name} loses what the manifests lack and keeps its replicas and its selector`, async () => {
      const shop = await world.shop(`made-by-${name.replace(/[^a-z]+/gi, '-').toLowerCase()}1`, {
        empty: true,
      });
      await install(shop, deployer);
      const before = await shop.get('apps/v1', 'deployments', 'sample-app');
      const job = await shop.release(
        {
          version: '2.0.0',
          others: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'words' },
              data: { greeting: 'good day' },
            },
          ],
          spec: { template: newTemplate(shop) },
        },
        inputs,
      );
      const log = job.main.lines.join('\n');
      assert.equal(job.main.outputVariables.outcome, 'promoted', log);
      assert.match(log, new RegExp(`Deployment \\S+ changes in fields of ${manager}`), log);

      const after = await shop.get('apps/v1', 'deployments', 'sample-app');
      const spec = specOf(after);
      assert.deepEqual(
        spec.template.spec.containers.map(container => container.name),
        ['app'],
      );
      const names = spec.template.spec.containers[0]?.env.map(variable => variable.name);
      assert.ok(names?.includes('OTHER') && !names.includes('OLD_FLAG'), JSON.stringify(names));
      assert.equal(spec.replicas, 2);
      assert.deepEqual(spec.selector, specOf(before).selector);
      assert.deepEqual(
        (await shop.list('apps/v1', 'deployments')).map(({ metadata }) => metadata.name),
        ['sample-app'],
      );
    });
  }
});
