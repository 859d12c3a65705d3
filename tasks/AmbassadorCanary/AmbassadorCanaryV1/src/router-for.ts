import { findEmissaryAdmins } from './cluster/emissary-admin.ts';
import type { KubeApi } from './cluster/kube-api.ts';
import type { KubeCluster } from './cluster/kube-cluster.ts';
import type { PipelineLog } from './pipeline-log.ts';
import { refOf } from './release/kube-object.ts';
import type { WritingPlan } from './release/plan.ts';
import type { Clock, Router } from './release/ports.ts';
import { AmbassadorRouter, unproven } from './traffic/ambassador-router.ts';
import { findDiagnostics } from './traffic/find-diagnostics.ts';
import { PodRouter, sharingAmong } from './traffic/pod-router.ts';
import { SplitProof } from './traffic/split-proof.ts';

export interface RouterTools {
  readonly api: KubeApi;
  readonly cluster: KubeCluster;
  readonly clock: Clock;
  readonly log: PipelineLog;
  /** Aborts when nothing more may be written. */
  readonly signal: AbortSignal;
  /** What tells this process from others that write the routes. */
  readonly owner: string;
}

/**
 * The router of a plan: by pods where its canaries share stable's Services, else by Mapping twins. Of those Emissary is asked once whether it shows the stable routes: where it can't be asked, one line says why, and
 * what the split rests on then. Touches nothing.
 */
export async function routerFor(
  plan: WritingPlan,
  { api, cluster, clock, log, signal, owner }: RouterTools,
): Promise<Router> {
  if (plan.kind !== 'canary') return new AmbassadorRouter(cluster, [], owner);
  const workloads = sharingAmong(plan.workloads);
  if (workloads.length > 0) {
    const onProgress = (what: string) => log.tell({ type: 'waiting', what });
    return new PodRouter({
      cluster,
      workloads,
      run: owner,
      timeout: plan.spec.rolloutTimeout,
      signal,
      onProgress,
    });
  }
  const routes = plan.routes.map(({ stable, twin }) => ({ stable, twin: refOf(twin) }));
  const { emissaryNamespace } = plan.spec;
  const listed = cluster.listed('v1', 'Service', emissaryNamespace);
  const { admins, note } = await findEmissaryAdmins(api, emissaryNamespace, listed);
  const found = await findDiagnostics(admins, routes, clock);
  if (found.kind === 'none') {
    log.tell({ type: 'notice', text: unproven([note, found.why].filter(Boolean).join('; ')) });
    return new AmbassadorRouter(cluster, plan.routes, owner);
  }
  const { diagnostics } = found;
  const text = `Emissary's diagnostics are asked whether the split is as asked: ${diagnostics.address}, whose answer is that of one pod`;
  log.tell({ type: 'notice', text });
  const proof = new SplitProof(diagnostics, routes, clock);
  return new AmbassadorRouter(cluster, plan.routes, owner, { proof, tell: event => log.tell(event) });
}
