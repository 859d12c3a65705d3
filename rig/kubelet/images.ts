import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';

/** What stands behind an image here: a program of ours, or nothing that could be pulled. */
export type Image =
  | {
      readonly kind: 'program';
      readonly command: string;
      readonly args: readonly string[];
      /** The variables that the image itself sets (`ENV` in its Dockerfile). */
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unavailable'; readonly message: string };

const programs: Readonly<Record<string, { command: string; args: readonly string[] }>> = {
  'sample-app': { command: process.execPath, args: [join(repositoryRoot, 'samples', 'app', 'server.mjs')] },
  // Stands for whatever runs beside the app and needs no traffic.
  sidecar: { command: 'sleep', args: ['2147483647'] },
};

/**
 * Finds the program for an image by the last segment of its repository, whatever registry and tag it has.
 * The image of the sample app carries its version, as its Dockerfile does: here that is the tag, or else the digest.
 * An unknown name, and a tag that contains `missing`, are images that the registry does not have.
 */
export function resolveImage(image: string): Image {
  const lastSegment = image.slice(image.lastIndexOf('/') + 1);
  const [nameAndTag = '', digest] = lastSegment.split('@');
  const [name = '', tag] = nameAndTag.split(':');
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (program && !tag?.includes('missing')) {
    return { kind: 'program', ...program, env: { VERSION: tag ?? digest ?? 'latest' } };
  }
  const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  return { kind: 'unavailable', message };
}
