import { Registry } from '../../../sandbox/api-server/registry.ts';
import { type Resource, resourceOf } from '../../../sandbox/api-server/resources.ts';
import type { JsonObject, KubeObject } from '../../../sandbox/objects.ts';

/** Where the objects of these tests live. */
export const namespace = 'shop';

/** A registry with that namespace and nothing else in it. */
export function newRegistry(): Registry {
  const registry = new Registry();
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  registry.create(resourceOf('v1', 'Namespace'), undefined, object, { manager: 'test' });
  return registry;
}

export function place(
  apiVersion: string,
  kind: string,
  name: string,
): { resource: Resource; namespace: string; name: string } {
  return { resource: resourceOf(apiVersion, kind), namespace, name };
}

/** A Deployment `web` of two pods, its one container with these fields besides. */
export function webDeployment(container: JsonObject = {}, spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            { name: 'web', image: 'repo/web:1.0.0', env: [{ name: 'A', value: '1' }], ...container },
          ],
        },
      },
      ...spec,
    },
  };
}

export function mappingObject(name: string, spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name },
    spec: { hostname: '*', prefix: '/', service: 'web', ...spec },
  };
}

export function serviceObject(name: string, selector: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}
