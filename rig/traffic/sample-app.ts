import { join } from 'node:path';
import { statName } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { applyObject, readManifests } from '../apply.ts';
import { emissaryNamespace } from '../data-plane.ts';
import type { KubeClient } from '../kube-client.ts';
import { repositoryRoot } from '../paths.ts';
import { until } from '../until.ts';

/** Where the rig has the sample app. */
export const appNamespace = 'default';
export const appImage = 'registry.example.com/sample-app';
export const manifestsFolder = 'samples/app/manifests';

/** The name of the app's stable cluster in Emissary's metrics. */
export const appClusterName = statName('sample-app', undefined, {
  namespace: appNamespace,
  emissaryNamespace,
  consul: false,
});

const deploymentPath = `/apis/apps/v1/namespaces/${appNamespace}/deployments/sample-app`;

/** Installs the app in 1.0.0 and waits until all its pods are ready and it answers at this URL. */
export async function installApp(client: KubeClient, url: string): Promise<void> {
  const manifests = await readManifests(join(repositoryRoot, manifestsFolder));
  for (const object of manifests) await applyObject(client, object, appNamespace);
  await until(
    'the sample app is ready',
    async () => {
      const { spec, status } = await client.get(deploymentPath);
      const { replicas } = spec as { replicas: number };
      return (status as { readyReplicas?: number } | undefined)?.readyReplicas === replicas;
    },
    { limitMs: 60_000, everyMs: 200 },
  );
  await until('the sample app answers through Envoy', async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.ok;
  });
}

/** The version that stable has now: the tag of its image. */
export async function stableVersion(client: KubeClient): Promise<string> {
  const { spec } = await client.get(deploymentPath);
  const { template } = spec as { template: { spec: { containers: { image: string }[] } } };
  return template.spec.containers[0]?.image.split(':').at(-1) ?? '';
}

/** The next minor version: `1.1.0` after `1.0.0`, and `1.0.0` after what is no version. */
export function nextVersion(version: string): string {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  return major === undefined ? '1.0.0' : `${major}.${Number(minor) + 1}.0`;
}
