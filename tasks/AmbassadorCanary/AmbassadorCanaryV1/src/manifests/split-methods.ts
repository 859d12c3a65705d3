import type { TrafficSplit } from '../release/spec.ts';
import { splitByMappings } from './split-by-mappings.ts';
import { splitByPods } from './split-by-pods.ts';
import type { SplitMethod } from './split-method.ts';

/** The pure part of the router that the user chose. */
export function splitMethodOf(split: TrafficSplit): SplitMethod {
  return split.method === 'pod' ? splitByPods(split.maxSurgePods) : splitByMappings;
}
