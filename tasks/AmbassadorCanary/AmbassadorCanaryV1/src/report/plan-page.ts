import type { Mask } from '../manifests/conceal.ts';
import { twinVerdict } from '../manifests/twin-verdict.ts';
import { canaryReplicas } from '../release/canary-objects.ts';
import { nameOf, refOf } from '../release/kube-object.ts';
import { lengthOf } from '../release/length.ts';
import type { CanaryPlan } from '../release/plan.ts';
import { diffText } from './diff-text.ts';
import { code, fenced, prose, table } from './markdown.ts';
import { checkTexts, sharesOf } from './plan-lines.ts';
import type { PlanStory } from './plan-story.ts';

/** A plan as a page of Markdown for a person, also where it was refused. */
export function planPage(story: PlanStory): string {
  const { plan } = story;
  return `${[
    `# ${titleOf(story)}`,
    ...(story.offline ? [`> ${prose(offlineNotice)}`] : []),
    ...findings(story),
    ...(plan?.kind === 'canary' ? canarySections(plan, story) : []),
    ...objects(story),
    ...differences(story),
    ...notes(story),
    'Nothing was touched.',
  ].join('\n\n')}\n`;
}

/** What a plan without a connection is, and what it can't know. */
export const offlineNotice =
  'Made from the manifests alone, as if everything in them ran and changed. Not known without a connection: the live Mappings, the replicas that run, what differs from the cluster, and what the cluster would refuse.';

function titleOf({ plan, findings, mask }: PlanStory): string {
  if (plan === undefined) return 'No plan: the release would be refused';
  const refused = findings.some(({ kind }) => kind === 'refused') ? ', which would be refused' : '';
  const name = `${code(mask(plan.name))} in ${code(mask(plan.namespace))}`;
  const titles = {
    canary: `Canary release of ${name}`,
    'first-release': `First release of ${name}`,
    'apply-only': `Changes of ${name} without a canary`,
    unchanged: `Nothing to release: ${name}`,
  };
  return `${titles[plan.kind]}${refused}`;
}

function findings({ findings: all, mask }: PlanStory): readonly string[] {
  if (all.length === 0) return [];
  const lines = all.map(({ kind, code: name, text }) => {
    const said = prose(mask(text));
    return kind === 'refused'
      ? `- **Refused** ${name === undefined ? '' : `${code(name)} `}${said}`
      : `- ${said}`;
  });
  return ['## Findings', lines.join('\n')];
}

function notes({ plan, mask }: PlanStory): readonly string[] {
  const all = plan === undefined ? [] : [...plan.notes, ...plan.remarks];
  return all.length === 0 ? [] : ['## Notes', all.map(note => `- ${prose(mask(note))}`).join('\n')];
}

function canarySections(plan: CanaryPlan, { routes, mask }: PlanStory): readonly string[] {
  const { spec } = plan;
  const { planned, worst, timeoutInMinutes } = lengthOf(spec);
  const pods = (of: 'stable' | number) =>
    plan.workloads.map(workload => {
      const weight = of === 'stable' ? undefined : spec.steps[of]?.weight;
      const count = weight === undefined ? workload.stableReplicas : canaryReplicas(spec, workload, weight);
      return `${code(mask(workload.canary.metadata.name))} ${count}`;
    });
  return [
    '## Steps',
    table(
      ['step', 'weight', 'time', 'pods of the canary'],
      [
        ...spec.steps.map(({ weight, pause }, index) => [
          `${index + 1}`,
          `${weight}`,
          `${pause}`,
          pods(index).join(', '),
        ]),
        ['', 'promotion', `up to ${spec.rolloutTimeout}`, ''],
      ],
    ),
    [
      `- Checks: ${prose(mask(checkTexts(spec).join(', ')))}.`,
      `- Length: ${planned} planned, ${worst} at worst: set \`timeoutInMinutes\` to ${timeoutInMinutes} or more.`,
    ].join('\n'),
    '## Routes',
    ...(plan.routes.length > 0 ? [mappingTable(plan, routes, mask)] : []),
    ...sharingTable(plan, mask),
  ];
}

function mappingTable(plan: CanaryPlan, routes: PlanStory['routes'], mask: Mask): string {
  return table(
    ['Mapping', 'twin', "by Emissary's rules"],
    plan.routes.map(route => [
      code(mask(nameOf(route.stable))),
      code(mask(route.twin.metadata.name)),
      prose(twinVerdict(route, routes)),
    ]),
  );
}

/** The Services of stable that canary pods answer as well, and what shares their numbers come to. */
function sharingTable({ workloads, spec }: CanaryPlan, mask: Mask): readonly string[] {
  const rows = workloads.flatMap(workload =>
    (workload.sharing?.services ?? []).map(service => [
      code(mask(nameOf(service))),
      prose(mask(sharesOf(workload, spec).join(', '))),
    ]),
  );
  return rows.length === 0 ? [] : [table(['Service', 'shared by pods'], rows)];
}

const whens = { start: 'at the start', promotion: 'at promotion', end: 'at the end' };

function objects({ objects: all, plan }: PlanStory): readonly string[] {
  if (all.length === 0) return [];
  const withTimes = plan?.kind === 'canary';
  const rows = all.map(({ when, verb, object }) => [
    ...(withTimes ? [whens[when]] : []),
    verb,
    code(nameOf(refOf(object))),
  ]);
  return [
    '## Objects',
    table([...(withTimes ? ['when'] : []), 'what', 'object'], rows),
    'A rollback removes again what was created. What is applied, in full: `plan.yaml` beside this file.',
  ];
}

function differences({ objects: all }: PlanStory): readonly string[] {
  const changed = all.filter(({ differences: found }) => found !== undefined);
  if (changed.length === 0) return [];
  return [
    '## What changes in the cluster',
    ...changed.flatMap(({ object, differences: found = [] }) => [
      `### ${code(nameOf(refOf(object)))}`,
      fenced('diff', diffText(found)),
    ]),
  ];
}
