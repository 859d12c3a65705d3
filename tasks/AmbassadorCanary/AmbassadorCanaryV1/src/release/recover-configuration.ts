import { configRefs, withConfigNames } from './config-refs.ts';
import { type KubeObject, refOf, valueAt } from './kube-object.ts';
import { configurationAnnotation } from './plan.ts';
import type { Cluster, Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { isOurs, removeAdditions } from './remove.ts';
import { isSameJson } from './same-json.ts';
import { undoing } from './undo.ts';

/**
 * Configuration that a run changed for its promotion, and then died before it replaced a workload, becomes what it was: the next
 * run would else find nothing changed, while pods of stable go on with what they read when they started. Where a workload
 * runs the new version, or the canary is gone and so promotion was over, it stays.
 */
export async function recoverConfiguration(
  left: ReleaseRecord,
  { cluster, pipeline }: Pick<Ports, 'cluster' | 'pipeline'>,
): Promise<void> {
  const isUnused = (left.kept ?? []).length > 0 && (await replacedStables(left, cluster))?.length === 0;
  if (isUnused) await undoConfiguration(left, { cluster, pipeline });
}

/** What was kept of the configuration before the promotion is its content again. */
export async function undoConfiguration(
  { kept = [] }: Pick<ReleaseRecord, 'kept'>,
  { cluster, pipeline }: Pick<Ports, 'cluster' | 'pipeline'>,
): Promise<void> {
  const tell = pipeline.tell.bind(pipeline);
  for (const { original, copy } of kept) {
    if (copy === undefined) {
      await removeAdditions({ cluster, tell }, [original]);
      continue;
    }
    const [was, is] = [await cluster.get(copy), await cluster.get(original)];
    if (was === undefined || is === undefined || !isOurs(was)) continue;
    const operations = undoing({ ...was, metadata: is.metadata }, is);
    if (operations.length === 0) continue;
    await cluster.patch(refOf(is), operations);
    tell({ type: 'applied', object: original, note: 'old configuration again' });
  }
}

/** The workloads that an interrupted promotion has replaced by now; `undefined` where its canary is gone, and so it was over. */
export async function replacedStables(
  { canary, workloads }: Pick<ReleaseRecord, 'canary' | 'workloads'>,
  cluster: Pick<Cluster, 'get'>,
): Promise<readonly KubeObject[] | undefined> {
  const present = async (refs: ReleaseRecord['canary']) =>
    (await Promise.all(refs.map(ref => cluster.get(ref)))).filter(object => object !== undefined);
  const tested = await present(canary.filter(({ kind }) => kind === 'Deployment'));
  if (tested.length === 0) return undefined;
  return (await present(workloads)).filter(stable =>
    tested.some(one => isSameJson(versionOf(one), versionOf(stable))),
  );
}

/** What a workload's pods run and read, whether they read the originals or the copies. */
function versionOf(workload: KubeObject): unknown {
  const template = valueAt(workload, 'spec', 'template');
  const spec = valueAt(template, 'spec');
  const unnamed = configRefs(spec).map(({ kind, name }) => ({ kind, from: name, to: '' }));
  const podSpec = withConfigNames(spec, unnamed);
  return {
    digest: valueAt(template, 'metadata', 'annotations', configurationAnnotation),
    containers: valueAt(podSpec, 'containers'),
    initContainers: valueAt(podSpec, 'initContainers'),
    volumes: valueAt(podSpec, 'volumes'),
  };
}
