import { CanaryError } from './errors.ts';
import { identityOf, type KubeObject, nameOf, type ObjectRef, refOf } from './kube-object.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { replacedStables, undoConfiguration } from './recover-configuration.ts';

interface FormerVersion {
  readonly stable: KubeObject;
  readonly template: unknown;
}

/**
 * Gives back to stable what it ran when the release began, where another process replaced it and died: of that the record has a digest
 * only, and the cluster the ReplicaSets that it keeps for `kubectl rollout undo`. Configuration first, so that the pods of the old
 * template read the old one. What runs anything else than the canary's version is left alone. Resolves to the workloads that were
 * given back; rejects, with nothing written, where the version of one is not to be found.
 */
export async function restoreVersions(
  left: ReleaseRecord,
  { cluster, pipeline }: Pick<Ports, 'cluster' | 'pipeline'>,
): Promise<readonly ObjectRef[]> {
  const replaced = (await replacedStables(left, cluster)) ?? [];
  if (replaced.length === 0) return [];
  const digests = new Map((left.ran ?? []).map(({ workload, digest }) => [identityOf(workload), digest]));
  const former = await Promise.all(
    replaced.map(async (stable): Promise<FormerVersion> => {
      const digest = digests.get(identityOf(refOf(stable)));
      const template = digest === undefined ? undefined : await cluster.formerTemplate(stable, digest);
      if (template === undefined) throw lost(refOf(stable));
      return { stable, template };
    }),
  );
  await undoConfiguration(left, { cluster, pipeline });
  for (const { stable, template } of former) {
    const ref = refOf(stable);
    await cluster.patch(ref, [
      { op: 'test', path: '/metadata/resourceVersion', value: stable.metadata.resourceVersion },
      { op: 'replace', path: '/spec/template', value: template },
    ]);
    pipeline.tell({ type: 'applied', object: ref, note: 'old version again' });
  }
  return former.map(({ stable }) => refOf(stable));
}

function lost(stable: ObjectRef): CanaryError {
  return new CanaryError(
    'ROLLOUT_NOT_READY',
    `The version that ${nameOf(stable)} ran before is not to be found`,
    {
      expected: 'a ReplicaSet of it, which Kubernetes keeps as long as `revisionHistoryLimit` says',
      hint: 'Deploy the old version by hand; the canary keeps its share until stable is ready',
    },
  );
}
