import { readdirSync, readFileSync } from 'node:fs';
import { readAnnotation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-annotation.ts';
import { specAsV3alpha1 } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { serviceOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-twin.ts';
import { readManifests } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import { asMapping } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

/** A request that a shape's route takes: `GET app.example.com/x?y=1 x-beta: 1`. */
export interface ShapeRequest {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One way to write a route, with the Services that it leads to. */
export interface Shape {
  readonly name: string;
  /** In the namespace `shop` where they name no other. */
  readonly objects: readonly KubeObject[];
  readonly requests: readonly ShapeRequest[];
}

/** Where stable and its Services are. */
export const namespace = 'shop';
/** Whose pods all Services of the shapes pick. */
export const app = { app: 'shapes' };
/** A Service that some Mapping of a shape leads to, and that picks other pods. */
const notReleased = ['not-released', 'blue', 'old', 'web-old'];

const corpus = new URL('./corpus/mappings/', import.meta.url);

/** The shapes of a folder of the corpus, each with the plain Services that its Mappings take for granted. */
export function shapesIn(folder: 'split' | 'refused'): readonly Shape[] {
  return readdirSync(new URL(`${folder}/`, corpus)).map(file => {
    const text = readFileSync(new URL(`${folder}/${file}`, corpus), 'utf8');
    const objects = readManifests([{ path: file, text }]).documents.map(({ object }) => placed(object));
    const requests = [...text.matchAll(/^# GET ([^/]+)(\S*)(?: ([\w-]+): (.+))?$/gm)].map(
      ([, host = '', path = '', name, value = '']) => ({
        host,
        path,
        headers: name === undefined ? {} : { [name]: value },
      }),
    );
    return { name: file.replace(/\.yaml$/, ''), objects: [...objects, ...plainServices(objects)], requests };
  });
}

/** The workload that all shapes lead to, in some version. */
export function workload(version: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shapes', namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app },
        spec: {
          containers: [
            {
              name: 'app',
              image: `registry.example.com/sample-app:${version}`,
              ports: [{ name: 'web', containerPort: 8080 }],
              env: [{ name: 'VERSION', value: version }],
              readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

/** What a cluster without older versions holds of a Mapping: Emissary's webhook has converted it (facts/emissary.md 6). */
export function asStored(object: KubeObject): KubeObject {
  if (object.kind !== 'Mapping' || !/\/v[12]$/.test(object.apiVersion)) return object;
  return { ...object, apiVersion: 'getambassador.io/v3alpha1', spec: specAsV3alpha1(asMapping(object)) };
}

function placed(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

function plainServices(objects: readonly KubeObject[]): readonly KubeObject[] {
  const routes = [...objects, ...objects.flatMap(object => readAnnotation(object).objects)];
  const names = routes
    .filter(({ kind }) => kind.endsWith('Mapping'))
    .flatMap(mapping => serviceOf(mapping)?.name ?? [])
    .filter(name => !objects.some(({ kind, metadata }) => kind === 'Service' && metadata.name === name));
  return [...new Set(names)].map(name => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      selector: notReleased.includes(name) ? { app: name } : app,
      ports: [{ port: 80, targetPort: 8080 }],
    },
  }));
}
