import * as agent from 'azure-pipelines-task-lib/task.js';
import { readManifestFiles } from './azure/manifest-files.ts';
import { replaceImages } from './manifests/image-replacement.ts';
import { type ManifestDocument, readManifests } from './manifests/read-manifests.ts';
import type { PipelineLog } from './pipeline-log.ts';
import type { ReleaseSpec } from './release/spec.ts';

/** The manifests, with the images to release in place. Rejects with all that is wrong with them. */
export async function readDocuments(
  spec: ReleaseSpec,
  log: PipelineLog,
): Promise<readonly ManifestDocument[]> {
  const root = agent.getVariable('System.DefaultWorkingDirectory') || process.cwd();
  const { documents } = readManifests(await readManifestFiles(spec.manifests, root));
  const replaced = replaceImages(documents, spec.images);
  for (const { choice, workload, container } of replaced.matches) {
    log.tell({
      type: 'notice',
      text: `Image ${choice.image} for container ${container} of ${workload.kind} ${workload.name}`,
    });
  }
  return replaced.documents;
}
