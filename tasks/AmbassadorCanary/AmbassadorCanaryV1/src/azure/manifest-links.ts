import path from 'node:path';
import { webUrl } from '../release/web-url.ts';
import type { ReadVariable } from './run-identity.ts';

export interface ManifestLink {
  readonly kind: 'manifest';
  readonly text: string;
  readonly url: string;
}

const mostLinks = 10;

/**
 * Where the lines of the input `manifests` can be read in the repository, at the commit of this run: the file or folder, or the folder
 * in which a pattern begins. None where they are not of the repository, or its pages are not known.
 */
export function manifestLinks(lines: readonly string[], read: ReadVariable): readonly ManifestLink[] {
  const pageOf = repositoryPages(read);
  const root = read('Build.Repository.LocalPath') || read('Build.SourcesDirectory');
  const from = read('System.DefaultWorkingDirectory') || root;
  if (pageOf === undefined || !root || !from) return [];
  const links = lines
    .filter(line => !line.startsWith('!'))
    .flatMap(line => {
      const fixed = line.replace(/[\\/]*[^\\/]*[*?{[].*$/s, '') || '.';
      const place = path.relative(root, path.resolve(from, fixed)).replaceAll('\\', '/');
      if (place.startsWith('..') || path.isAbsolute(place)) return [];
      return [{ kind: 'manifest' as const, text: line, url: pageOf(place) }];
    });
  return links.slice(0, mostLinks);
}

function repositoryPages(read: ReadVariable): ((place: string) => string) | undefined {
  const uri = webUrl(read('Build.Repository.Uri') ?? '');
  const commit = encodeURIComponent(read('Build.SourceVersion') ?? '');
  if (commit === '' || uri === undefined) return undefined;
  const { origin, pathname } = new URL(uri);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  const encoded = (place: string) => place.split('/').map(encodeURIComponent).join('/');
  switch (read('Build.Repository.Provider')) {
    case 'TfsGit':
      return place => `${base}?path=/${encoded(place)}&version=GC${commit}`;
    case 'GitHub':
    case 'GitHubEnterprise':
      return place => `${base.replace(/\.git$/, '')}/blob/${commit}/${encoded(place)}`;
    default:
      return undefined;
  }
}
