import { Duration } from '../release/duration.ts';
import { webUrl } from '../release/web-url.ts';
import { wholeNumber } from '../release/whole-number.ts';
import { nowText, usersText } from './ending-text.ts';
import { hadUsers, hasWritten } from './journal.ts';
import { code, fenced, prose, table } from './markdown.ts';
import { isSplit, outcomeWords, type Report, type ReportCheck, type ReportStep } from './report.ts';
import { sparkline } from './sparkline.ts';

/** The page of a run that tells how a release ended, as Markdown: the verdict first, what led to it, and where to look. */
export function summaryPage(report: Report): string {
  const sections = [
    `# ${titleOf(report)}`,
    prose(report.verdict),
    statusOf(report),
    ...listOf('Must be looked at', report.leftovers),
    ...ladder(report),
    ...failingCheck(report),
    ...listOf(
      'Warnings and errors',
      report.issues.map(({ text }) => text),
    ),
    ...links(report),
  ];
  return `${sections.filter(section => section !== '').join('\n\n')}\n`;
}

function titleOf({ outcome, result, release: { name, namespace } }: Report): string {
  const said = outcome === undefined ? 'Canary release' : outcomeWords[outcome];
  const story = result === 'issues' ? `${said}, with something left to do` : said;
  return name === '' ? story : `${story}: ${code(name)} in ${code(namespace)}`;
}

/** Was anyone hurt, and is it over. */
function statusOf(report: Report): string {
  const { outcome, users, weight, startedAt, updatedAt, release, leftovers } = report;
  const touched = hadUsers(report)
    ? `**Users touched: ${usersText(users)}.**`
    : 'No request went to a canary.';
  const { kind } = release;
  const wrote = hasWritten(report);
  const now =
    outcome === undefined
      ? `The canary gets ${weight} % of the requests.`
      : nowText({ outcome, weight, leftovers, hasWritten: wrote, ...(kind !== undefined && { kind }) });
  const lasted = Duration.milliseconds(Math.max(0, Date.parse(updatedAt) - Date.parse(startedAt)));
  return `${touched} ${now} It took ${lasted.toClock()}.`;
}

function ladder({ steps }: Report): readonly string[] {
  if (steps.length === 0) return [];
  const headings = ['step', 'weight', 'seen', 'time', 'requests', 'failed', 'checks', 'verdict'];
  return ['## Steps', table(headings, steps.map(rungOf))];
}

function rungOf(step: ReportStep): readonly string[] {
  const { index, weightAsked, weightSeen, lastedSeconds, requests, failed, verdict, answers } = step;
  const said = answers
    .filter(({ check }) => !isSplit(check))
    .map(answer => prose([answer.check, answer.text, answer.limit].filter(Boolean).join(' ')));
  return [
    `${index + 1}`,
    `${weightAsked} %`,
    weightSeen === undefined ? '' : `${weightSeen.toFixed(1)} %`,
    lastedSeconds === undefined ? '' : Duration.seconds(lastedSeconds).toClock(),
    requests === undefined ? '' : wholeNumber(requests),
    failed === undefined ? '' : wholeNumber(failed),
    said.join('<br>'),
    verdict === 'fail' || verdict === 'error' ? `**${verdict}**` : verdict,
  ];
}

function failingCheck({ checks, failedCheck }: Report): readonly string[] {
  const check = checks.find(({ name }) => name === failedCheck);
  if (check === undefined) return [];
  return [
    `## Failed: ${code(check.name)}`,
    fenced('text', chartOf(check)),
    ...(check.query === undefined ? [] : ['Its query, to be drawn:', fenced('promql', [check.query])]),
    ...(check.url === undefined
      ? []
      : [link('See it in Prometheus over the time of the release', check.url)]),
  ];
}

/** The canary's values over time, stable's under them, in bars of one scale. */
function chartOf({ points, unit, limit }: ReportCheck): readonly string[] {
  const rows = [
    { name: 'canary', values: points.map(({ value }) => value) },
    { name: 'stable', values: points.map(({ stable }) => stable) },
  ].filter(({ values }) => values.some(value => value !== undefined));
  const last = points.at(-1);
  const told = last === undefined ? [] : [[last.text, last.detail].filter(Boolean).join(': ')];
  const numbers = rows.flatMap(({ values }) => values.filter(value => value !== undefined));
  const limits = points.flatMap(point => (point.limit === undefined ? [] : [point.limit]));
  const [low, high] = [Math.min(...numbers, ...limits), Math.max(...numbers, ...limits)];
  return [
    ...rows.map(({ name, values }) => `${name}  ${sparkline(values, { low, high })}`),
    ...(rows.length === 0 ? [] : [`bars from ${short(low)} to ${short(high)} ${unit}`.trimEnd()]),
    ...(limit === undefined ? [] : [`limit   ${limit}`]),
    ...told.map(text => `last    ${text}`),
  ];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function listOf(heading: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? [] : [`## ${heading}`, texts.map(text => `- ${prose(text)}`).join('\n')];
}

function links({ run, links: others, release: { images } }: Report): readonly string[] {
  const lines = [
    ...(run.url === undefined ? [`- Run: ${prose(run.title)}`] : [`- ${link(run.title, run.url)}`]),
    ...images.map(image => `- Image: ${code(image)}`),
    ...others.map(({ text, url }) => `- ${link(text, url)}`),
  ];
  return ['## Where to look', lines.join('\n')];
}

/** A link that leads nowhere but to this page of the web, whatever stands in it. */
function link(text: string, url: string): string {
  if (webUrl(url) === undefined) return prose(text);
  const target = new URL(url).href.replace(/[()<>\\\s|`]/g, character => encodeURIComponent(character));
  return `[${prose(text)}](<${target.replaceAll('(', '%28').replaceAll(')', '%29')}>)`;
}
