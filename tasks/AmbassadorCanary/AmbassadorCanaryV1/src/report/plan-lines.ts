import { formatMilliseconds } from '../analysis/format.ts';
import { ownLimitText } from '../analysis/own-check-verdict.ts';
import { edgeFor } from '../analysis/response-times.ts';
import { canaryReplicas } from '../release/canary-objects.ts';
import type { Duration } from '../release/duration.ts';
import { nameOf, refOf } from '../release/kube-object.ts';
import { lengthOf } from '../release/length.ts';
import { areMany } from '../release/list-names.ts';
import type { OwnCheck } from '../release/own-check.ts';
import { type CanaryPlan, nameOfMapping, type Plan, type WorkloadRelease } from '../release/plan.ts';
import { percentText, podsText } from '../release/pod-share.ts';
import type { Check, ReleaseSpec } from '../release/spec.ts';
import { imagesOf } from './images.ts';
import { type Line, section, text, warning } from './line.ts';
import { widestLine } from './wrap.ts';

/** What will happen, before it happens. */
export function planLines(plan: Plan): readonly Line[] {
  const notes = [...plan.remarks.flatMap(remark => rows('note', [remark])), ...plan.notes.map(warning)];
  switch (plan.kind) {
    case 'unchanged':
      return [section(`Nothing to release: ${plan.name} in ${plan.namespace}`), ...notes];
    case 'first-release':
    case 'apply-only':
      return [
        section(
          plan.kind === 'first-release'
            ? `First release of ${plan.name} in ${plan.namespace}: nothing runs yet to compare with`
            : `Applying ${plan.name} in ${plan.namespace}: nothing that has traffic changes, so there is no canary`,
        ),
        ...plan.objects.map(({ object, isNew }) =>
          text(`  ${isNew ? 'create' : 'change'}  ${nameOf(refOf(object))}`),
        ),
        ...notes,
      ];
    case 'canary':
      return [...canaryLines(plan), ...notes];
  }
}

function canaryLines(plan: CanaryPlan): readonly Line[] {
  const { spec } = plan;
  const { planned, worst, timeoutInMinutes } = lengthOf(spec);
  return [
    section(`Canary release of ${plan.name} in ${plan.namespace}`),
    ...(areMany(plan.workloads) ? rowsOfMany(plan) : rowsOfEach(plan)),
    ...plan.workloads.flatMap(workload => sharingRows(workload, spec)),
    ...rows('steps', [...spec.steps.map(({ weight, pause }) => `${weight} for ${pause}`), lastStep(spec)]),
    ...(spec.action === 'promote' ? [] : rows('checks', checkTexts(spec))),
    ...(spec.webhooks.length > 0
      ? rows(
          'webhooks',
          spec.webhooks.map(({ when, name }) => `${when} ${name}`),
        )
      : []),
    ...rows('length', [
      `${planned} planned`,
      `${worst} at worst: set timeoutInMinutes to ${timeoutInMinutes} or more`,
    ]),
  ];
}

function rowsOfEach({ workloads, routes }: CanaryPlan): readonly Line[] {
  return [
    ...workloads.flatMap(({ canary, stableReplicas }) => [
      ...rows('version', imagesOf(canary)),
      ...rows('stable', [podsOf(stableReplicas)]),
    ]),
    ...routes.flatMap(({ stable, twin }) =>
      rows('route', [`${nameOfMapping(stable)}, shared with ${twin.metadata.name}`]),
    ),
  ];
}

/** What is said of each of few is said of many together: their names, and what they have in common. */
function rowsOfMany({ workloads, routes }: CanaryPlan): readonly Line[] {
  const pods = workloads.reduce((sum, { stableReplicas }) => sum + stableReplicas, 0);
  return [
    ...rows(
      'workloads',
      workloads.map(({ stable }) => stable.name),
    ),
    ...rows('versions', [...new Set(workloads.flatMap(({ canary }) => imagesOf(canary)))]),
    ...rows('stable', [`${podsOf(pods)} in ${workloads.length} workloads`]),
    ...(routes.length === 0
      ? []
      : rows(
          'routes',
          routes.map(({ stable }) => stable.name),
        )),
  ];
}

function podsOf(count: number): string {
  return `${count} ${count === 1 ? 'pod' : 'pods'}`;
}

/** How a canary shares stable's Services, and the shares that its pods will come to. */
function sharingRows(workload: WorkloadRelease, spec: ReleaseSpec): readonly Line[] {
  const { sharing } = workload;
  if (sharing === undefined) return [];
  return [
    ...rows('route', [`${sharing.services.map(nameOf).join(', ')}, shared by pods`]),
    ...(spec.steps.length > 0 ? rows('pods', sharesOf(workload, spec)) : []),
  ];
}

/** `25 % as 20 % (1 of 5 pods)`, one for each weight, with the replicas that stable has now. */
export function sharesOf(workload: WorkloadRelease, spec: ReleaseSpec): readonly string[] {
  return spec.steps.map(({ weight }) => {
    const canary = canaryReplicas(spec, workload, weight);
    const share = { canary, all: workload.stableReplicas + canary };
    return `${weight} as ${percentText(share)} (${podsText(share)})`;
  });
}

/** What comes after the last weight. */
function lastStep({ action }: ReleaseSpec): string {
  switch (action) {
    case 'deploy':
      return 'then the canary stays there, live';
    case 'promote':
      return 'promotion of the canary that is live';
    default:
      return 'then promotion';
  }
}

/** `  steps     10 % for 5m, 50 % for 5m, then promotion`, on as many lines as it takes. */
function rows(label: string, items: readonly string[]): readonly Line[] {
  const lines: string[] = [];
  let line = `  ${label.padEnd(9)}`;
  for (const [index, item] of items.entries()) {
    const word = ` ${item}${index === items.length - 1 ? '' : ','}`;
    if (index > 0 && line.length + word.length > widestLine) {
      lines.push(line);
      line = ' '.repeat(11);
    }
    line += word;
  }
  return [...lines, line].map(text);
}

/** Each check with its limit, and how often they are asked. */
export function checkTexts({ checks, ownChecks, interval }: ReleaseSpec): readonly string[] {
  const texts = [...checks.map(checkText), ...ownChecks.map(ownCheckText)];
  return [...(texts.length > 0 ? texts : ['none']), `every ${interval}`];
}

/** `latency p95 < 500ms` */
function checkText(check: Check): string {
  switch (check.kind) {
    case 'success-rate':
      return `success-rate ≥ ${check.minimumPercent} %`;
    case 'latency':
      return `latency p${check.quantile * 100} < ${check.limit}${roundingOf(check.limit)}`;
    case 'errors-vs-stable':
      return check.kind;
    case 'slowness-vs-stable':
      return check.limit === undefined ? check.kind : `${check.kind} beyond ${check.limit}`;
  }
}

/** What Envoy's buckets make of a limit, where that is another. */
function roundingOf(limit: Duration): string {
  const edge = edgeFor(limit);
  return edge === limit.milliseconds ? '' : `, which is < ${formatMilliseconds(edge)} by Envoy's buckets`;
}

function ownCheckText(check: OwnCheck): string {
  return `${check.name} ${ownLimitText(check)}${check.dryRun ? ' (dry run)' : ''}`;
}
