import assert from 'node:assert/strict';
import { runIdentity } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/run-identity.ts';

const build = {
  'System.CollectionId': 'c0',
  'System.CollectionUri': 'https://dev.example.com/org/',
  'System.TeamProject': 'Web Shop',
  'System.JobId': 'j0',
  'System.StageDisplayName': 'deploy',
  'System.StageAttempt': '1',
  'System.PhaseAttempt': '1',
  'System.JobAttempt': '1',
  'Build.BuildId': '42',
  'Build.BuildNumber': '20261121.3',
  'Build.DefinitionName': 'Shop',
};
const release = {
  ...build,
  'Release.ReleaseId': '7',
  'Release.DefinitionName': 'Shop',
  'Release.ReleaseName': 'Release-7',
  'Release.EnvironmentName': 'production',
  'Release.AttemptNumber': '2',
  'Release.ReleaseWebURL': 'https://dev.example.com/org/p/_release?releaseId=7',
};

const of = (variables: Readonly<Record<string, string>>) => runIdentity(name => variables[name]);

describe('the identity of a run', () => {
  it('names the build, its stage and where to look at it', () => {
    assert.deepEqual(of(build), {
      id: 'c0/build/42/j0/1.1.1',
      title: 'Shop 20261121.3, stage deploy',
      url: 'https://dev.example.com/org/Web%20Shop/_build/results?buildId=42&view=logs&j=j0',
    });
  });

  it('names the classic release', () => {
    const { id, title, url } = of(release);
    assert.match(id, /^c0\/release\/7\/j0\/2\./);
    assert.equal(title, 'Shop Release-7, stage production, attempt 2');
    assert.equal(url, release['Release.ReleaseWebURL']);
  });

  it('differs between attempts of the stage, of the job, and of a release', () => {
    const ids = [
      of(build),
      of({ ...build, 'System.JobAttempt': '2' }),
      of({ ...build, 'System.StageAttempt': '2' }),
      of({ ...build, 'System.JobId': 'j1' }),
      of({ ...build, 'System.CollectionId': 'c1' }),
      of(release),
      of({ ...release, 'Release.AttemptNumber': '3' }),
    ].map(identity => identity.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(
      of({ ...build, 'System.StageAttempt': '3' }).title,
      'Shop 20261121.3, stage deploy, attempt 3',
    );
  });

  it('leaves out what the agent does not say', () => {
    assert.deepEqual(of({}), {
      id: 'no-collection/build/none/no-job/1.1.1',
      title: 'a run outside of a pipeline',
    });
    assert.equal(of({ ...build, 'System.StageDisplayName': '__default' }).title, 'Shop 20261121.3');
    assert.equal(of({ ...release, 'Release.ReleaseWebURL': 'javascript:alert(1)' }).url, undefined);
  });
});
