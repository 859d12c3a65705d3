import { isObject, type KubeObject } from '../objects.ts';
import type { Answer } from './answer.ts';
import { isTrue } from './call.ts';
import { decodeApplied, decodePatched } from './decode.ts';
import type { ObjectRequest } from './handle-objects.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch, applyStrategicPatch } from './merge-patch.ts';
import { readApplied, readApplyManager, readDryRun, readJson, readManager } from './read-body.ts';
import { scaleOf, withScale } from './scale.ts';
import { badRequest, unsupportedPatchType } from './status.ts';

const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const apply = 'application/apply-patch+yaml';

/** Answers a PATCH of any of the four kinds. */
export function handlePatch(request: ObjectRequest): Answer {
  const { registry, call, key, query, content } = request;
  const { subresource } = call.access;
  if (content.type === apply) return handleApply(request);
  const change = readPatch(request);
  const options = {
    manager: readManager(query, content),
    dryRun: readDryRun(query),
    ...(subresource && { subresource }),
  };
  const patched = (live: KubeObject): KubeObject => {
    if (subresource === 'scale') return withScale(live, change(scaleOf(live)) as KubeObject);
    return decodePatched(key.resource, change(live));
  };
  const object = registry.update(key, patched, options);
  return { code: 200, body: subresource === 'scale' ? scaleOf(object) : object };
}

function handleApply({ registry, call, key, query, content }: ObjectRequest): Answer {
  const { subresource } = call.access;
  const manager = readApplyManager(query);
  const config = decodeApplied(key.resource, readApplied(key.resource, content));
  const { object, created } = registry.apply(key, config, {
    manager,
    force: isTrue(query.get('force')),
    dryRun: readDryRun(query),
    ...(subresource && { subresource }),
  });
  return { code: created ? 201 : 200, body: object };
}

function readPatch({ key, content }: ObjectRequest): (document: unknown) => unknown {
  const { resource } = key;
  const accepted = resource.custom ? [json, merge, apply] : [json, merge, strategic, apply];
  if (!accepted.includes(content.type)) throw unsupportedPatchType(accepted);
  const patch = readJson(content);
  if (content.type !== json && !isObject(patch)) {
    const type = Array.isArray(patch) ? 'array' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  switch (content.type) {
    case json:
      return document => applyJsonPatch(document, patch);
    case merge:
      return document => applyMergePatch(document, patch);
    default:
      return document => applyStrategicPatch(document, patch, resource.schema);
  }
}
