import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type KubeClient, type KubeObject, patchType } from './kube-client.ts';

/** Kinds that live outside namespaces; all others that the rig meets live in one. */
const clusterKinds = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'Node',
]);

/** The path of an object in the API, in its own namespace or else the given one. */
export function objectPath(object: KubeObject, namespace: string): string {
  const { apiVersion = '', kind = '', metadata } = object;
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const lower = kind.toLowerCase();
  const plural = /(s|x|ch)$/.test(lower)
    ? `${lower}es`
    : lower.endsWith('cy')
      ? `${lower.slice(0, -1)}ies`
      : `${lower}s`;
  const scope = clusterKinds.has(kind) ? '' : `/namespaces/${metadata.namespace ?? namespace}`;
  return `${api}${scope}/${plural}/${metadata.name}`;
}

/** Server-side apply by a field manager that is nobody's else: what a user's `kubectl apply` has left behind. */
export function applyObject(
  client: KubeClient,
  object: KubeObject,
  namespace = 'default',
): Promise<KubeObject> {
  const path = `${objectPath(object, namespace)}?fieldManager=rig-user&force=true`;
  return client.patch(path, object, patchType.apply);
}

/** The objects in the YAML files of a folder, by file name. */
export async function readManifests(folder: string): Promise<KubeObject[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as KubeObject));
}
