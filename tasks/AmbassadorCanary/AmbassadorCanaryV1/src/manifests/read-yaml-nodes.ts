import { isAlias, isMap, isScalar, type Node, type Scalar, type YAMLSeq } from 'yaml';
import { meaningOfPlain, meaningOfTagged, type ScalarMeaning } from './read-scalars.ts';

/** What a scalar means with its tag and its quotes. */
export function meaningOf(node: Scalar, text: string): ScalarMeaning {
  if (node.tag !== undefined && node.tag !== '!') return meaningOfTagged(node.tag, text);
  return node.type === 'PLAIN' && node.tag === undefined
    ? meaningOfPlain(text)
    : { kind: 'value', value: text };
}

/** A `<<` in quotes is a key like others. */
export function isMergeKey(key: Node): boolean {
  return isScalar(key) && key.source === '<<' && key.type === 'PLAIN' && key.tag === undefined;
}

/** The mappings that a merge key merges: its value, or the items of that. */
export function mergedNodes(value: Node): Node[] {
  return isAlias(value) || isMap(value) || isScalar(value)
    ? [value]
    : [...((value as YAMLSeq).items as Node[])];
}

/** Where it begins in its text, in characters. */
export function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
