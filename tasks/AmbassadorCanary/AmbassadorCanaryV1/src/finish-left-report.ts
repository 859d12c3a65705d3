import type { Commands } from './azure/commands.ts';
import { filesBeside, readText } from './azure/report-files.ts';
import { publishReport, storeReport } from './publish-report.ts';
import { type Aftermath, finishReport } from './report/finish-report.ts';
import type { Report } from './report/report.ts';
import { readWord } from './report-word.ts';

/** The report that the step left, with what has to be done about it. */
export interface LeftReport {
  /** It is of a release that was under way when the step ended. */
  readonly isUnfinished: boolean;
  /** Writes what the guard did into it, and publishes it anew. Never rejects: the guard has more to do than that. */
  finish(aftermath: Aftermath): Promise<void>;
}

/** What the step left of its report; `undefined` where there is none that can be read. Never rejects. */
export async function findLeftReport(commands: Commands): Promise<LeftReport | undefined> {
  try {
    const word = readWord(commands);
    if (word === undefined) return undefined;
    const left: Report = JSON.parse(await readText(word.path));
    if (left.version !== 1) return undefined;
    return {
      isUnfinished: left.state === 'running',
      finish: async aftermath => {
        try {
          const report = await storeReport(finishReport(left, aftermath), word.path);
          await publishReport(report, filesBeside(word.path), commands, word.tests);
        } catch (thrown) {
          commands.warning(`The report of the release could not be finished: ${String(thrown)}`);
        }
      },
    };
  } catch (thrown) {
    commands.debug(`The report of the step can't be read: ${String(thrown)}`);
    return undefined;
  }
}
