import { CanaryError } from '../release/errors.ts';
import { asRecord, asStringMap, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { isSameJson } from '../release/same-json.ts';
import { podLabels } from './canary-labels.ts';
import { selects } from './selector.ts';

/**
 * The manifest of a Deployment on the selector of the live one, which can't be changed: what another tool put in there (the
 * `azure-pipelines/version` of KubernetesManifest@1) also stays on the pods. Throws `MANIFEST_INVALID` where the manifest's
 * pods would bear other values. Other kinds, and a selector that is the same, come back as they are.
 */
export function onLiveSelector(manifest: KubeObject, live: KubeObject | undefined): KubeObject {
  if (manifest.kind !== 'Deployment' || live === undefined) return manifest;
  const selector = valueAt(live, 'spec', 'selector');
  const spec = asRecord(manifest.spec) ?? {};
  if (selector === undefined || isSameJson(selector, spec.selector)) return manifest;
  const template = asRecord(spec.template) ?? {};
  const labels = { ...asStringMap(valueAt(selector, 'matchLabels')), ...podLabels(manifest) };
  if (!selects(selector, labels)) {
    throw new CanaryError(
      'MANIFEST_INVALID',
      `${nameOf(refOf(manifest))} has another selector than the live one`,
      {
        expected: `pods that ${JSON.stringify(selector)} selects: Kubernetes does not let a selector change`,
        found: `pods with ${JSON.stringify(podLabels(manifest))}`,
        hint: 'Keep these labels, or give the Deployment another name',
      },
    );
  }
  const metadata = { ...asRecord(template.metadata), labels };
  return { ...manifest, spec: { ...spec, selector, template: { ...template, metadata } } };
}
