import type { ReleaseEvent } from '../release/events.ts';
import { shareText } from '../release/pod-share.ts';

/** What became of a weight that was set: where pods are the share, what was asked and what they reached, one text for each workload. */
export function weightTexts({
  weight,
  shares,
}: Extract<ReleaseEvent, { readonly type: 'weight-set' }>): readonly string[] {
  if (shares === undefined) return [`${weight} of the requests go to the canary`];
  return shares.map(share => {
    const text = shareText(weight, share);
    return shares.length > 1 ? `${share.workload}: ${text}` : text;
  });
}
