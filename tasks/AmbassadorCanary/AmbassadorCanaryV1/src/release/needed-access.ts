import type { ObjectRef } from './kube-object.ts';
import type { ReleaseRecord } from './record.ts';

/** What a release has to be allowed to do with the objects of one kind in one namespace. */
export interface NeededAccess {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly verbs: readonly string[];
}

/**
 * What a release will need and has not tried yet when its plan is made: the dry runs have shown that it may read and
 * apply, and nothing has shown that it may take away what it makes, wait for pods, or hold the lock.
 */
export function neededAccess({ routes, canary, added, workloads, locks }: ReleaseRecord): NeededAccess[] {
  const needed = [
    ...[...routes.map(({ twin }) => twin), ...canary, ...added].map(ref => of(ref, ['delete'])),
    ...[...canary, ...workloads].filter(isDeployment).map(ref => of(ref, ['list', 'watch'])),
    ...routes.flatMap(({ stable, twin }) =>
      [twin, ...(stable === undefined ? [] : [stable.annotatedOn ?? stable])].map(ref =>
        of(ref, ['list', 'watch']),
      ),
    ),
    ...canary.filter(({ kind }) => kind === 'Service').map(ref => of(ref, ['list', 'watch'])),
    ...locks.map(({ namespace }) =>
      of({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace }, [
        'get',
        'list',
        'watch',
        'create',
        'update',
        'delete',
      ]),
    ),
  ];
  return [...new Map(needed.map(access => [JSON.stringify(access), access])).values()];
}

function of(
  { apiVersion, kind, namespace }: Omit<ObjectRef, 'name'>,
  verbs: readonly string[],
): NeededAccess {
  return { apiVersion, kind, verbs, ...(namespace !== undefined && { namespace }) };
}

function isDeployment({ apiVersion, kind }: ObjectRef): boolean {
  return apiVersion === 'apps/v1' && kind === 'Deployment';
}
