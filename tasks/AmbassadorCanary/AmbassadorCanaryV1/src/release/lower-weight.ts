import type { ReleaseContext } from './release-context.ts';
import { settle } from './settle.ts';
import { tellWeight } from './start-canary.ts';
import type { Weight } from './weight.ts';

/**
 * Takes a canary down to a weight, and waits until every Envoy knows. What it is still sent until then would be counted as more than
 * its share; while a weight rises that can't happen (`analysis/split-check.ts`).
 */
export async function lowerWeight(context: ReleaseContext, weight: Weight): Promise<void> {
  await context.while(context.ports.router.setWeight(weight));
  tellWeight(context, weight);
  // Afterwards, so that the record never says less than there is.
  await context.note({ weight: weight.percent });
  await settle(context, 'the lower weight');
}
