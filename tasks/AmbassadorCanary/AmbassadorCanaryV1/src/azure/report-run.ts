import { type ReadVariable, runIdentity } from './run-identity.ts';

/** Which run a report is of, for people and for the tab. */
export interface ReportedRun {
  readonly title: string;
  readonly url?: string;
  readonly stage?: string;
  readonly job?: string;
  readonly attempt: number;
}

export function reportedRun(read: ReadVariable): ReportedRun {
  const { title, url } = runIdentity(read);
  const stage =
    read('Release.EnvironmentName') || read('System.StageDisplayName') || read('System.StageName');
  const job = read('System.JobDisplayName') || read('System.JobName');
  const attempts = ['Release.AttemptNumber', 'System.StageAttempt', 'System.JobAttempt'].map(
    name => Number(read(name) || 1) || 1,
  );
  return {
    title,
    ...(url !== undefined && { url }),
    ...(stage && stage !== '__default' && { stage }),
    ...(job && { job }),
    attempt: Math.max(...attempts),
  };
}
