import { neutralise } from './azure/neutralise.ts';
import { fileMask, type PlanFiles, writePlanFiles } from './azure/plan-files.ts';
import type { ConnectionSpec } from './cluster/connection.ts';
import { type Draft, draftPlan, type PlanTools } from './plan-draft.ts';
import { throwIfAny } from './release/errors.ts';
import type { Ending } from './release/outcome.ts';
import type { Plan } from './release/plan.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { type Finding, planFindings } from './report/plan-findings.ts';
import { planPage } from './report/plan-page.ts';
import { shownObjects } from './report/plan-story.ts';
import { planYaml } from './report/plan-yaml.ts';

/** A line of a table may be long; cut, it would no longer be one. */
const longestLine = 20_000;

/**
 * Shows what a release would do, in the log and in two files, and touches nothing. Also a plan that would be refused is
 * written; then it rejects with all that stands against it.
 */
export async function planRelease(
  spec: ReleaseSpec,
  connection: ConnectionSpec | undefined,
  tools: PlanTools,
): Promise<Ending> {
  const { commands, log } = tools;
  const draft = await draftPlan(spec, connection, tools);
  const offline = connection === undefined;
  const findings = planFindings(draft.prepared, draft.refused, offline);
  for (const { kind, text } of findings) if (kind === 'warning') log.tell({ type: 'warning', text });

  const files = await writeFiles(draft, findings, offline);
  commands.output('planPath', files.page);
  commands.uploadSummary(files.page);
  commands.line(`The plan is in ${files.page}, its objects are in ${files.objects}`);

  throwIfAny(draft.refused);
  if (draft.prepared === undefined) throw new Error('A plan that is neither there nor refused');
  const reason = reasonOf(draft.prepared.plan);
  const ending: Ending = { outcome: 'planned', reason, weight: 0, leftovers: [] };
  log.tell({ type: 'ended', ending });
  return ending;
}

function writeFiles({ prepared }: Draft, findings: readonly Finding[], offline: boolean): Promise<PlanFiles> {
  const mask = fileMask();
  const objects = prepared === undefined ? [] : shownObjects(prepared.plan, prepared.surveyed, mask);
  const page = planPage({
    ...(prepared && { plan: prepared.plan }),
    offline,
    findings,
    objects,
    routes: prepared?.surveyed ?? { mappings: [] },
    mask,
  });
  const lines = page.split('\n').map(line => neutralise(line, longestLine));
  return writePlanFiles(lines.join('\n'), planYaml(objects));
}

/** What a release would do, in one sentence. */
function reasonOf({ kind, name, spec }: Plan): string {
  switch (kind) {
    case 'canary':
      return `a release would give ${name} ${spec.steps.map(({ weight }) => weight).join(', ')} and then promote it`;
    case 'first-release':
      return `a release would install ${name} for the first time`;
    case 'apply-only':
      return `a release would apply ${name} without a canary: nothing that has traffic changes`;
    case 'unchanged':
      return `a release would do nothing: ${name} already runs what the manifests say`;
  }
}
