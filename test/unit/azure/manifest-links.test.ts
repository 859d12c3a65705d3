import assert from 'node:assert/strict';
import { manifestLinks } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/manifest-links.ts';

const github = {
  'Build.Repository.Provider': 'GitHub',
  'Build.Repository.Uri': 'https://github.test/shop/web.git',
  'Build.SourceVersion': 'abc123',
  'Build.Repository.LocalPath': '/agent/s',
  'System.DefaultWorkingDirectory': '/agent/s',
};
const azure = {
  ...github,
  'Build.Repository.Provider': 'TfsGit',
  'Build.Repository.Uri': 'https://me@dev.example.com/shop/_git/web',
};
const links = (lines: readonly string[], variables: Readonly<Record<string, string>> = github) =>
  manifestLinks(lines, name => variables[name]).map(({ url }) => url);

describe('links to the manifests of a release', () => {
  it('lead to the file, the folder, or where a pattern begins, at the commit of the run', () => {
    const page = 'https://github.test/shop/web/blob/abc123/';
    assert.deepEqual(
      links(['deploy/web 1.yaml', 'deploy/', 'deploy/**/*.yaml', '!deploy/no.yaml', '*.yaml']),
      [`${page}deploy/web%201.yaml`, `${page}deploy`, `${page}deploy`, page],
    );
  });

  it('know the pages of Azure Repos, and show nobody who is in the address', () => {
    assert.deepEqual(links(['deploy/web.yaml'], azure), [
      'https://dev.example.com/shop/_git/web?path=/deploy/web.yaml&version=GCabc123',
    ]);
  });

  it('are found where the repository lies in a folder of its own', () => {
    const inside = { ...github, 'Build.Repository.LocalPath': '/agent/s/web' };
    assert.deepEqual(links(['web/a.yaml', 'other/a.yaml'], inside), [
      'https://github.test/shop/web/blob/abc123/a.yaml',
    ]);
  });

  it('are none for what is not of the repository, or where its pages are not known', () => {
    assert.deepEqual(links(['../a.yaml', '/elsewhere/a.yaml']), []);
    assert.deepEqual(links(['a.yaml'], { ...github, 'Build.Repository.Provider': 'Svn' }), []);
    assert.deepEqual(links(['a.yaml'], { ...github, 'Build.Repository.Uri': 'javascript:alert(1)' }), []);
    assert.deepEqual(links(['a.yaml'], {}), []);
  });
});
