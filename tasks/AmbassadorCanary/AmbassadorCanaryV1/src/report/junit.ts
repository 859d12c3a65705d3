import type { Report, ReportAnswer, ReportStep } from './report.ts';

/** A release as test results in JUnit's XML: one suite, with a case for its end and one for each step and each check in it. */
export function junitXml(report: Report): string {
  const { release, startedAt, updatedAt } = report;
  const name = `Canary release of ${release.name} in ${release.namespace}`;
  const cases = [endCase(report), ...report.steps.flatMap(stepCases)];
  const count = (kind: Case['kind']) => cases.filter(one => one.kind === kind).length;
  const attributes = attributesOf({
    name,
    tests: String(cases.length),
    failures: String(count('failure')),
    errors: String(count('error')),
    skipped: String(count('skipped')),
    time: seconds((Date.parse(updatedAt) - Date.parse(startedAt)) / 1_000),
    timestamp: startedAt,
  });
  const lines = cases.map(one => `    ${caseXml(one, `${release.namespace}.${release.name}`)}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite ${attributes}>`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly time?: number;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
}

function endCase({ verdict, result }: Report): Case {
  return { name: 'Release', kind: result === 'failure' ? 'failure' : 'passed', message: verdict };
}

function stepCases(step: ReportStep): readonly Case[] {
  const name = `Step ${step.index + 1}, ${step.weightAsked} %`;
  const { lastedSeconds: time, reason = '' } = step;
  return [
    {
      name,
      ...(time !== undefined && { time }),
      kind: kindOf(step.verdict),
      message: reason || step.verdict,
    },
    ...step.answers.map(answer => ({
      name: `${name}: ${answer.check}`,
      kind:
        answer.dryRun === true && answer.verdict !== 'pass' ? ('skipped' as const) : kindOf(answer.verdict),
      message: messageOf(answer),
    })),
  ];
}

function messageOf({ verdict, text, limit, detail, dryRun }: ReportAnswer): string {
  const facts = [text, limit === undefined ? '' : `(limit ${limit})`, dryRun === true ? '(dry run)' : ''];
  return [`${verdict}: ${facts.filter(Boolean).join(' ')}`, detail].filter(Boolean).join(': ');
}

function kindOf(verdict: ReportStep['verdict']): Case['kind'] {
  switch (verdict) {
    case 'pass':
      return 'passed';
    case 'fail':
      return 'failure';
    case 'error':
      return 'error';
    case 'inconclusive':
    case 'planned':
    case 'running':
    case 'cancelled':
      return 'skipped';
  }
}

function caseXml({ name, time, kind, message }: Case, classname: string): string {
  const attributes = attributesOf({ name, classname, ...(time !== undefined && { time: seconds(time) }) });
  return kind === 'passed'
    ? `<testcase ${attributes}/>`
    : `<testcase ${attributes}><${kind} ${attributesOf({ message })}/></testcase>`;
}

function attributesOf(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(' ');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no way to write most control characters, so they go. */
function escaped(text: string): string {
  return text
    .replace(/[\n\r\t]+/g, ' ')
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '')
    .replace(/[&<>"]/g, character => entities[character] ?? '');
}

function seconds(time: number): string {
  return Math.max(0, time).toFixed(3);
}
