import type { TaskSettings } from './azure/read-task.ts';
import { checkAccess } from './cluster/check-access.ts';
import type { ConnectionSpec } from './cluster/connection.ts';
import { type ConnectedCluster, connect, inNamespaceOf } from './connect.ts';
import type { ManifestDocument } from './manifests/read-manifests.ts';
import { draftRelease, liveCluster, manifestsAlone, type Prepared, tryOut } from './prepare-release.ts';
import { readDocuments } from './read-documents.ts';
import { type CanaryError, toCanaryErrors } from './release/errors.ts';
import { neededAccess } from './release/needed-access.ts';
import { recordFor } from './release/record.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { metricsFor } from './release-metrics.ts';
import { offlineNotice } from './report/plan-page.ts';
import type { Surroundings } from './surroundings.ts';

export type PlanTools = Surroundings & Pick<TaskSettings, 'agentSide' | 'prometheusHeaders'>;

/** A plan as far as it could be made, and all that stands against it. */
export interface Draft {
  /** Absent where it was refused before there was one. */
  readonly prepared?: Prepared;
  readonly refused: readonly CanaryError[];
}

/**
 * Takes the way of a release up to its first write, or, without a connection, as far as the manifests lead. Where a release
 * would be refused it goes on, for a plan tells all that it can. Never rejects.
 */
export async function draftPlan(
  spec: ReleaseSpec,
  connection: ConnectionSpec | undefined,
  tools: PlanTools,
): Promise<Draft> {
  const refused: CanaryError[] = [];
  const attempt: Attempt = async work => {
    try {
      return await work();
    } catch (thrown) {
      refused.push(...toCanaryErrors(thrown));
      return undefined;
    }
  };
  const documents = await attempt(() => readDocuments(spec, tools.log));
  if (documents === undefined) return { refused };
  const prepared =
    connection === undefined
      ? await draftAlone(spec, documents, tools, attempt)
      : await draftLive(spec, documents, connection, tools, attempt);
  return prepared === undefined ? { refused } : { prepared, refused };
}

type Attempt = <T>(work: () => Promise<T>) => Promise<T | undefined>;

async function draftAlone(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  { log }: PlanTools,
  attempt: Attempt,
): Promise<Prepared | undefined> {
  log.tell({ type: 'notice', text: offlineNotice });
  const draft = await attempt(() => draftRelease(spec, documents, manifestsAlone));
  if (draft !== undefined) log.tell({ type: 'planned', plan: draft.plan });
  return draft;
}

async function draftLive(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  connection: ConnectionSpec,
  tools: PlanTools,
  attempt: Attempt,
): Promise<Prepared | undefined> {
  const connected = await attempt(() => connect(connection, tools.agentSide, tools.commands, tools.clock));
  if (connected === undefined) return undefined;
  try {
    const here = inNamespaceOf(connected, spec);
    const draft = await attempt(() => draftRelease(here, documents, liveCluster(connected.cluster)));
    return draft === undefined ? undefined : await tried(draft, connected, tools, attempt);
  } finally {
    connected.close();
  }
}

/** Asks of a plan what a release asks before its first write. */
async function tried(
  draft: Prepared,
  { api, cluster, network, azure }: ConnectedCluster,
  { clock, log, run, prometheusHeaders }: PlanTools,
  attempt: Attempt,
): Promise<Prepared> {
  const plan = (await attempt(() => tryOut(draft.plan, cluster))) ?? draft.plan;
  log.tell({ type: 'planned', plan });
  if (plan.kind !== 'unchanged') {
    const asking = { clock, headers: prometheusHeaders, transport: api.transport, network, azure };
    await attempt(() => metricsFor(plan, asking, text => log.tell({ type: 'warning', text })));
    const { release, digest, trial, locks } = draft;
    const startedAt = new Date(clock.now()).toISOString();
    const record = recordFor({ run, release, digest, trial, locks, startedAt }, plan);
    await attempt(() => checkAccess(api, neededAccess(record)));
  }
  return { ...draft, plan };
}
