import type { KubeObject } from '../../../rig/kube-client.ts';
import { instantNode } from './instant-pods.ts';

/** The facts' easy sample: a Deployment of 4, a Service and a Mapping, all with one label (facts/baselines.md 4). */
export const appName = 'shop';
export const weights = [10, 25, 50, 100] as const;

export function imageOf(version: string): string {
  return `registry.example.com/shop:${version}`;
}

export function manifests(
  version: string,
  namespace: string,
  { name = appName, replicas = 4 } = {},
): readonly [KubeObject, KubeObject, KubeObject] {
  const labels = { app: name };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'kubernetes.io/hostname': instantNode },
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'app',
                image: imageOf(version),
                ports: [{ containerPort: 8080 }],
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'getambassador.io/v3alpha1',
      kind: 'Mapping',
      metadata: { name, labels },
      spec: { hostname: `${name}.${namespace}.example.com`, prefix: '/', service: name },
    },
  ];
}

/** So many workloads of one pod, each with its Service and its Mapping. */
export function manyManifests(count: number): (version: string, namespace: string) => readonly KubeObject[] {
  return (version, namespace) =>
    Array.from({ length: count }, (_, index) =>
      manifests(version, namespace, { name: `${appName}-${index + 1}`, replicas: 1 }),
    ).flat();
}

export function listOf(items: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
