import type { ApiRequest } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/api-request.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { PatchOperation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import type { Side } from './side.ts';

/** Requests in a row, put to both servers by the bundle's own code. */
export interface Script {
  readonly name: string;
  run(side: Side): Promise<void>;
}

export const set = (path: string, value: unknown): PatchOperation => ({ op: 'replace', path, value });
export const removeFinalizers: PatchOperation = { op: 'remove', path: '/metadata/finalizers' };

/** The test that everything is still as it was seen. */
export function stillAt(seen: KubeObject | undefined): PatchOperation {
  return { op: 'test', path: '/metadata/resourceVersion', value: seen?.metadata.resourceVersion };
}

/** An apply by somebody, forced unless told: what the pipeline's neighbours do. */
export function writtenBy(
  fieldManager: string,
  { metadata, ...rest }: KubeObject,
  more: Readonly<Record<string, string>> = {},
): Pick<ApiRequest, 'contentType' | 'query' | 'body'> {
  return {
    contentType: 'application/apply-patch+yaml',
    query: { fieldManager, force: 'true', ...more },
    body: { ...rest, metadata },
  };
}
