import { Fields, UnreadableReport } from './fields.ts';
import {
  outcomeWords,
  type Report,
  type ReportAnswer,
  type ReportCheck,
  type ReportPoint,
  type ReportRelease,
  type ReportRun,
  type ReportStep,
  type TimelineEntry,
} from './report.ts';

/** More than the step writes at most, and few enough to be drawn at once. */
const most = { steps: 100, checks: 60, points: 1_000, timeline: 2_000, texts: 200, links: 30 };

const verdicts = ['pass', 'fail', 'inconclusive', 'error'] as const;
const outcomes = Object.keys(outcomeWords) as (keyof typeof outcomeWords)[];
const results = ['success', 'issues', 'failure'] as const;
const releaseKinds = ['canary', 'first-release', 'apply-only', 'unchanged'] as const;
const timelineKinds = [
  'phase',
  'step',
  'weight',
  'stopped',
  'applied',
  'deleted',
  'extended',
  'warning',
  'error',
  'ended',
] as const;

/**
 * The report that a text from outside holds. Each field is checked, texts and lists are cut to size, and what is not known is left
 * out. Throws `UnreadableReport` on anything else, also on a version that is not ours.
 */
export function readReport(text: string): Report {
  const fields = new Fields(parse(text), '');
  const version = fields.number('version');
  if (version !== 1)
    throw new UnreadableReport(`version: this page reads version 1, and the report has version ${version}`);
  return {
    version: 1,
    id: fields.text('id', 500),
    revision: fields.number('revision'),
    tool: { name: 'AmbassadorCanary', version: fields.fields('tool').text('version', 50) },
    run: readRun(fields.fields('run')),
    release: readRelease(fields.fields('release')),
    startedAt: fields.time('startedAt'),
    updatedAt: fields.time('updatedAt'),
    state: fields.word('state', ['running', 'ended']),
    ...fields.optional('endedAt', name => fields.time(name)),
    ...fields.optional('outcome', name => fields.word(name, outcomes)),
    ...fields.optional('result', name => fields.word(name, results)),
    ...fields.optional('failedStep', name => fields.text(name, 200)),
    ...fields.optional('failedCheck', name => fields.text(name, 200)),
    verdict: fields.text('verdict'),
    weight: fields.number('weight'),
    ...fields.optional('length', name => readLength(fields.fields(name))),
    steps: fields.list('steps', most.steps, readStep),
    checks: fields.list('checks', most.checks, readCheck),
    timeline: fields.list('timeline', most.timeline, readEntry),
    timelineLeftOut: fields.number('timelineLeftOut'),
    ...fields.optional('users', name => readUsers(fields.fields(name))),
    issues: fields.list('issues', most.texts, issue => ({
      kind: issue.word('kind', ['warning', 'error']),
      text: issue.text('text'),
    })),
    leftovers: fields.texts('leftovers', most.texts),
    links: fields.list('links', most.links, readLink).flatMap(link => link ?? []),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableReport('the report: expected JSON');
  }
}

function readRun(run: Fields): ReportRun {
  const url = run.has('url') ? run.url('url') : undefined;
  return {
    title: run.text('title', 500),
    ...(url !== undefined && { url }),
    ...run.optional('stage', name => run.text(name, 200)),
    ...run.optional('job', name => run.text(name, 200)),
    attempt: run.number('attempt'),
  };
}

function readRelease(release: Fields): ReportRelease {
  return {
    action: release.text('action', 50),
    name: release.text('name', 500),
    namespace: release.text('namespace', 100),
    ...release.optional('kind', name => release.word(name, releaseKinds)),
    targets: release.texts('targets', most.texts),
    images: release.texts('images', most.texts),
  };
}

function readLength(length: Fields) {
  return {
    plannedSeconds: length.number('plannedSeconds'),
    worstSeconds: length.number('worstSeconds'),
    timeoutInMinutes: length.number('timeoutInMinutes'),
  };
}

function readUsers(users: Fields) {
  return {
    requests: users.number('requests'),
    failed: users.number('failed'),
    ...(users.has('atLeast') && { atLeast: true as const }),
  };
}

function readStep(step: Fields): ReportStep {
  return {
    index: step.number('index'),
    weightAsked: step.number('weightAsked'),
    ...step.optional('weightSeen', name => step.number(name)),
    plannedSeconds: step.number('plannedSeconds'),
    ...step.optional('startedAt', name => step.time(name)),
    ...step.optional('lastedSeconds', name => step.number(name)),
    verdict: step.word('verdict', ['planned', 'running', 'cancelled', ...verdicts]),
    ...step.optional('reason', name => step.text(name)),
    ...step.optional('requests', name => step.number(name)),
    ...step.optional('failed', name => step.number(name)),
    answers: step.list('answers', most.checks, readAnswer),
  };
}

function readAnswer(answer: Fields): ReportAnswer {
  return {
    check: answer.text('check', 200),
    verdict: answer.word('verdict', verdicts),
    text: answer.text('text', 200),
    ...answer.optional('limit', name => answer.text(name, 200)),
    ...answer.optional('detail', name => answer.text(name)),
    ...(answer.has('dryRun') && { dryRun: true }),
  };
}

function readCheck(check: Fields): ReportCheck {
  const url = check.has('url') ? check.url('url') : undefined;
  return {
    name: check.text('name', 200),
    unit: check.word('unit', ['%', 'ms', ''], ''),
    ...check.optional('limit', name => check.text(name, 200)),
    ...check.optional('query', name => check.text(name, 10_000)),
    ...(url !== undefined && { url }),
    points: check.list('points', most.points, readPoint),
    pointsLeftOut: check.number('pointsLeftOut'),
  };
}

function readPoint(point: Fields): ReportPoint {
  return {
    at: point.time('at'),
    weight: point.number('weight'),
    verdict: point.word('verdict', verdicts),
    text: point.text('text', 200),
    ...point.optional('value', name => point.number(name)),
    ...point.optional('limit', name => point.number(name)),
    ...point.optional('stable', name => point.number(name)),
    ...point.optional('requests', name => point.number(name)),
    ...point.optional('failed', name => point.number(name)),
    ...point.optional('detail', name => point.text(name)),
  };
}

function readEntry(entry: Fields): TimelineEntry {
  return {
    at: entry.time('at'),
    kind: entry.word('kind', timelineKinds, 'phase'),
    text: entry.text('text'),
    ...entry.optional('weight', name => entry.number(name)),
  };
}

function readLink(link: Fields) {
  const url = link.url('url');
  const kind = link.word('kind', ['run', 'manifest', 'prometheus'], 'run');
  return url === undefined ? undefined : { kind, text: link.text('text', 200), url };
}
