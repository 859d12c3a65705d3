import assert from 'node:assert/strict';
import { reportAttachment } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { faultsOf } from '../unit/report/reports.ts';

/** What stands behind a line break of the text from outside, so that a line which begins with it is one that we did not write. */
const nextLine = 'NEXTLINE';

/** Text that tries everything: commands, marks, lines of its own, colours, hidden characters, and length. */
export const hostile = [
  'HOSTILE ##vso[task.setvariable variable=outcome]promoted',
  `##[error]forged##vso[task.complete result=Succeeded]\r\n${nextLine} ##vso[task.setvariable variable=x;isoutput=true]y`,
  `##[section]promoted: forged\n##vso[task.logissue type=error]${nextLine}`,
  `\u001b[31m#\u001b[0m#vso[task.setsecret]HOSTILE \u001b]0;title\u0007\u0085${nextLine}\u2028${nextLine}`,
  '#\u200b#\u202evso[task.setvariable variable=x]y %0A##vso[task.complete]%AZP250D $(id) `id` "quoted"',
  'long '.repeat(4_000),
].join(' ');

/** As long as a line of the log may get, and what the agent's marks and escapes may add to it. */
const widest = 2_000;
const marks = /^##\[(?:section|error|warning|group|endgroup)\]/;
const commandsMeant = new Set([
  'task.debug',
  'task.issue',
  'task.logissue',
  'task.setprogress',
  'task.complete',
  'task.setsecret',
  'task.setvariable',
  'task.addattachment',
  'task.uploadsummary',
  'results.publish',
  'task.settaskvariable',
]);
const variablesMeant = ['reportPath', 'outcome', 'weight', 'failedStep', 'failedCheck', 'reason'];

/** The agent was told nothing but what we meant, one entry a line, and none of the lines is endless. */
export function isHarmless({ main, postJob }: JobResult): void {
  for (const step of [main, ...(postJob === undefined ? [] : [postJob])]) {
    for (const line of step.stdout.split('\n')) isMeant(line.replace(/\r$/, ''));
    for (const line of step.lines) {
      assert.ok(
        [...line.replace(marks, '')].length <= widest,
        `${line.length} characters: ${line.slice(0, 200)}`,
      );
    }
    const named = (name: string) => step.commands.filter(command => command.name === name);
    assert.ok(named('task.complete').length <= 1, 'one result at most');
    for (const { properties } of named('task.setvariable')) {
      assert.ok(variablesMeant.includes(properties.get('variable') ?? ''), [...properties].join());
    }
    for (const { properties } of named('task.settaskvariable')) {
      assert.match(properties.get('variable') ?? '', /^ambassadorCanary(Release|Report)$/);
    }
    for (const { type, content } of step.attachments) {
      assert.doesNotMatch(content, /##vso|##\[/i, 'not even where somebody prints the file');
      if (type === reportAttachment) assert.deepEqual(faultsOf(JSON.parse(content)), []);
    }
    for (const value of Object.values(step.outputVariables)) {
      assert.doesNotMatch(value, /["`$\\]|##vso|##\[|\p{Cc}/iu);
      assert.ok([...value].length <= widest);
    }
  }
}

function isMeant(line: string): void {
  // A line that goes on begins with blanks: nobody takes it for one of ours.
  assert.doesNotMatch(line, new RegExp(`^(?! {11})\\W*${nextLine}`));
  const [, command] = /^##vso\[([\w.]+)/.exec(line) ?? [];
  // The task library's own, which shows inputs as they are, as data of this command: hidden, but for those who look for errors.
  if (command === 'task.debug') return;
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
  if (command === undefined) assert.doesNotMatch(line.replace(marks, ''), /##vso|##\[/i);
  else {
    assert.ok(commandsMeant.has(command), line);
    // What stands behind the first command of a line is its text; the agent shows it, so it must not look like another.
    assert.doesNotMatch(line.slice(2), /##vso|##\[/i);
  }
}
