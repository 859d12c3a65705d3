import { CanaryError } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import type { Surveyed } from './surveyed.ts';

/** A refusal for each name that the release needs and somebody else's object has (DESIGN, "What a release does" 3). */
export function foreignObjects(
  needed: readonly KubeObject[],
  { live }: Surveyed,
  /** The releases whose canary may be there; absent means any. */
  owners?: ReadonlySet<string>,
): readonly CanaryError[] {
  return needed
    .filter(object => {
      const found = live.get(identityOf(refOf(object)));
      const owner = found?.metadata.labels?.[releaseLabel];
      return found !== undefined && (owner === undefined || owners?.has(owner) === false);
    })
    .map(
      object =>
        new CanaryError('FOREIGN_OBJECT', `${nameOf(refOf(object))} exists and was not made by this task`, {
          expected: `no such object, or one with the label ${releaseLabel}`,
          hint: 'Rename it or delete it: a release needs this name for its canary and never overwrites what is not its own',
        }),
    );
}
