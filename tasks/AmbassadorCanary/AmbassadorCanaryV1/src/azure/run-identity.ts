import type { RunIdentity } from '../release/record.ts';

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
  const title = release === undefined ? buildTitle(get, build) : releaseTitle(get, release);
  return url === undefined ? { id, title } : { id, title, url };
}

function buildTitle(get: ReadVariable, build: string | undefined): string {
  if (build === undefined) return 'a run outside of a pipeline';
  const name = [get('Build.DefinitionName'), get('Build.BuildNumber') ?? build].filter(
    part => part !== undefined,
  );
  const stage = get('System.StageDisplayName') ?? get('System.StageName');
  const attempt = Math.max(
    ...['System.StageAttempt', 'System.JobAttempt'].map(name => Number(get(name) ?? 1) || 1),
  );
  return describe(name.join(' '), stage === '__default' ? undefined : stage, attempt);
}

function releaseTitle(get: ReadVariable, release: string): string {
  const name = [get('Release.DefinitionName'), get('Release.ReleaseName') ?? release].filter(
    part => part !== undefined,
  );
  return describe(
    name.join(' '),
    get('Release.EnvironmentName'),
    Number(get('Release.AttemptNumber') ?? 1) || 1,
  );
}

/** `Shop 20261121.3, stage deploy, attempt 2`. */
function describe(name: string, stage: string | undefined, attempt: number): string {
  return [
    name,
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

function webUrl(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}
