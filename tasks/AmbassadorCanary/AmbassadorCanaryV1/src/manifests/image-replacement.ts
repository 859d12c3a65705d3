import { CanaryError, throwIfAny } from '../release/errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { ImageChoice } from '../release/spec.ts';
import { containersOf, type TemplateContainer } from './image-containers.ts';
import { type ImageReference, parseImage, sameRepository } from './image-reference.ts';
import type { ManifestDocument } from './read-manifests.ts';

/** A container that a choice matched, for the log. `from` is absent where the manifest named no image. */
export interface ImageMatch {
  readonly choice: ImageChoice;
  readonly workload: ObjectRef;
  readonly container: string;
  readonly init: boolean;
  readonly from?: string;
}

export interface ImageReplacement {
  /** The same documents in the same order; those without a match are the very same values. */
  readonly documents: readonly ManifestDocument[];
  readonly matches: readonly ImageMatch[];
}

interface Chooser {
  readonly choice: ImageChoice;
  readonly reference: ImageReference;
}

interface Slot extends TemplateContainer {
  readonly workload: ObjectRef;
}

/**
 * Puts the chosen images into the pod templates of all workloads, containers and init containers alike: into the container that
 * a choice names, or else into each that runs the choice's repository. Nothing else changes (facts/baselines.md 3.1.1).
 *
 * Throws together: `INPUT_INVALID` for a choice that is no image and for a container that two choices match,
 * `IMAGE_UNMATCHED` for a choice that matches nothing, with the containers and images that there are.
 */
export function replaceImages(
  documents: readonly ManifestDocument[],
  choices: readonly ImageChoice[],
): ImageReplacement {
  const errors: CanaryError[] = [];
  const choosers = choices.flatMap(choice => {
    const parsed = parseImage(choice.image);
    if (parsed.kind === 'reference') return [{ choice, reference: parsed.reference }];
    errors.push(badChoice(choice, parsed.reason));
    return [];
  });
  const matches: ImageMatch[] = [];
  const slots: Slot[] = [];
  const replaced = documents.map(document => {
    let object = document.object;
    const workload = refOf(object);
    for (const container of containersOf(document.object)) {
      const slot = { ...container, workload };
      slots.push(slot);
      const hits = choosers.filter(chooser => matchesSlot(chooser, slot));
      if (hits.length > 1) errors.push(twoChoices(slot, hits));
      for (const { choice } of hits) {
        matches.push(matchOf(choice, slot));
        if (slot.image !== choice.image) object = withImage(object, slot.path, choice.image) as KubeObject;
      }
    }
    return object === document.object ? document : { ...document, object };
  });
  for (const { choice } of choosers) {
    if (!matches.some(match => match.choice === choice)) errors.push(unmatched(choice, slots));
  }
  throwIfAny(errors);
  return { documents: replaced, matches };
}

function matchesSlot({ choice, reference }: Chooser, slot: Slot): boolean {
  if (choice.container !== undefined) return choice.container === slot.name;
  const current = parseImage(slot.image ?? '');
  return current.kind === 'reference' && sameRepository(current.reference, reference);
}

/** A copy with another image at the end of the path; what is not on the path is shared with the original. */
function withImage(value: unknown, path: readonly (string | number)[], image: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return { ...asRecord(value), image };
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === step ? withImage(item, rest, image) : item));
  }
  const record = asRecord(value) ?? {};
  return { ...record, [step]: withImage(record[step], rest, image) };
}

function matchOf(choice: ImageChoice, { workload, name, init, image }: Slot): ImageMatch {
  const match = { choice, workload, container: name, init };
  return image === undefined ? match : { ...match, from: image };
}

function written({ container, image }: ImageChoice): string {
  return container === undefined ? image : `${container}=${image}`;
}

function badChoice(choice: ImageChoice, reason: string): CanaryError {
  return new CanaryError('INPUT_INVALID', `containers: ${written(choice)} is not an image, ${reason}`, {
    hint: 'Write repository:tag, repository@sha256:… or container=repository:tag, one a line',
  });
}

function twoChoices(slot: Slot, hits: readonly Chooser[]): CanaryError {
  const lines = hits.map(({ choice }) => written(choice)).join(' and ');
  return new CanaryError(
    'INPUT_INVALID',
    `containers: ${lines} both match container ${slot.name} of ${nameOf(slot.workload)}`,
    { hint: 'Name the container in each line (container=repository:tag), one line a container' },
  );
}

function unmatched(choice: ImageChoice, slots: readonly Slot[]): CanaryError {
  const there = slots.map(
    ({ workload, name, image }) => `${name}=${image ?? '(no image)'} in ${nameOf(workload)}`,
  );
  const what = choice.container === undefined ? 'the repository of' : 'the container name of';
  return new CanaryError('IMAGE_UNMATCHED', `containers: no container matches ${what} ${written(choice)}`, {
    found: there.length === 0 ? 'no containers in the manifests' : there.join(', '),
    hint: 'Correct the line, or name the container: container=repository:tag',
  });
}
