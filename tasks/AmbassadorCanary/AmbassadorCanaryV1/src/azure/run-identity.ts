import type { RunIdentity } from '../release/record.ts';
import { webUrl } from '../release/web-url.ts';

/** Reads a pipeline variable by its name, `Build.BuildId`; `undefined` where it has no value. */
export type ReadVariable = (name: string) => string | undefined;

/**
 * Which pipeline run this is. The id differs between runs, jobs and attempts, and is the same in the main and the
 * post-job entry of one attempt. A stage that runs again starts its jobs at attempt 1, so all attempts count.
 */
export function runIdentity(read: ReadVariable): RunIdentity {
  const get = (name: string) => read(name) || undefined;
  const release = get('Release.ReleaseId');
  const build = get('Build.BuildId');
  const kind = release === undefined ? `build/${build ?? 'none'}` : `release/${release}`;
  const id = [
    get('System.CollectionId') ?? 'no-collection',
    kind,
    get('System.JobId') ?? 'no-job',
    [
      get('Release.AttemptNumber') ?? get('System.StageAttempt'),
      get('System.PhaseAttempt'),
      get('System.JobAttempt'),
    ]
      .map(attempt => attempt ?? '1')
      .join('.'),
  ].join('/');
  const url = release === undefined ? buildUrl(get, build) : releaseUrl(get);
  const title =
    release !== undefined
      ? titleOf(get, get('Release.DefinitionName'), get('Release.ReleaseName') ?? release)
      : build !== undefined
        ? titleOf(get, get('Build.DefinitionName'), get('Build.BuildNumber') ?? build)
        : 'a run outside of a pipeline';
  return url === undefined ? { id, title } : { id, title, url };
}

/** The stage of this run, under its name for people; `undefined` where the pipeline has none of its own. */
export function stageOf(read: ReadVariable): string | undefined {
  const name = read('Release.EnvironmentName') || read('System.StageDisplayName') || read('System.StageName');
  return name === '__default' ? undefined : name || undefined;
}

/** Which attempt this is, whether the stage was run again or only the job. */
export function attemptOf(read: ReadVariable): number {
  const attempts = ['Release.AttemptNumber', 'System.StageAttempt', 'System.JobAttempt'];
  return Math.max(...attempts.map(name => Number(read(name) || 1) || 1));
}

/** `Shop 20261121.3, stage deploy, attempt 2`. */
function titleOf(read: ReadVariable, definition: string | undefined, run: string): string {
  const stage = stageOf(read);
  const attempt = attemptOf(read);
  return [
    definition === undefined ? run : `${definition} ${run}`,
    stage === undefined ? undefined : `stage ${stage}`,
    attempt > 1 ? `attempt ${attempt}` : undefined,
  ]
    .filter(part => part !== undefined)
    .join(', ');
}

function buildUrl(get: ReadVariable, build: string | undefined): string | undefined {
  const collection = get('System.CollectionUri') ?? get('System.TeamFoundationCollectionUri');
  const project = get('System.TeamProject');
  if (collection === undefined || project === undefined || build === undefined) return undefined;
  const job = get('System.JobId');
  const place = job === undefined ? '' : `&view=logs&j=${encodeURIComponent(job)}`;
  const base = `${collection.replace(/\/+$/, '')}/${encodeURIComponent(project)}`;
  return webUrl(`${base}/_build/results?buildId=${encodeURIComponent(build)}${place}`);
}

function releaseUrl(get: ReadVariable): string | undefined {
  return webUrl(get('Release.ReleaseWebURL') ?? '');
}
