import { attemptOf, type ReadVariable, runIdentity, stageOf } from './run-identity.ts';

/** Which run a report is of, for people and for the tab. */
export interface ReportedRun {
  readonly title: string;
  readonly url?: string;
  readonly stage?: string;
  readonly job?: string;
  readonly attempt: number;
}

/** As the agent's variables tell it; a title and an attempt there always are. */
export function reportedRun(read: ReadVariable): ReportedRun {
  const { title, url } = runIdentity(read);
  const stage = stageOf(read);
  const job = read('System.JobDisplayName') || read('System.JobName');
  return {
    title,
    ...(url !== undefined && { url }),
    ...(stage && { stage }),
    ...(job && { job }),
    attempt: attemptOf(read),
  };
}
