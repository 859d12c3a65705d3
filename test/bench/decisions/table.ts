import { type Decision, type JudgeName, judges } from './decide.ts';

const headings: Readonly<Record<JudgeName, string>> = {
  ours: 'this step',
  flagger: "Flagger's rule",
  argo: "Argo's default",
  threshold: 'fixed threshold',
};

/** The decisions as a table of Markdown, a row for each scenario: `74.1 %, 899 s, 61` are share, time and failed requests. */
export function tableOf(decisions: readonly Decision[]): string {
  const names = [...new Set(decisions.map(({ scenario }) => scenario))];
  const cell = (scenario: string, judge: JudgeName) => {
    const found = decisions.find(one => one.scenario === scenario && one.judge === judge);
    return found === undefined ? '–' : cellOf(found);
  };
  return [
    `| scenario | ${judges.map(judge => headings[judge]).join(' | ')} |`,
    `| --- |${' --- |'.repeat(judges.length)}`,
    ...names.map(name => `| ${name} | ${judges.map(judge => cell(name, judge)).join(' | ')} |`),
  ].join('\n');
}

function cellOf({ rolledBack, seconds, failedRequests }: Decision): string {
  const share = `${(100 * rolledBack).toFixed(1)} %`;
  const harm = failedRequests < 10 ? failedRequests.toFixed(1) : failedRequests.toFixed(0);
  return `${share}, ${rolledBack === 0 ? '–' : `${seconds} s`}, ${harm}`;
}
