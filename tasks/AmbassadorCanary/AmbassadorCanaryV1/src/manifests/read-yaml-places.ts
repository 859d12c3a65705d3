import { type Alias, isAlias, isMap, isScalar, type Node, type Pair, type YAMLSeq } from 'yaml';
import type { Path } from './read-document.ts';
import { isMergeKey, mergedNodes, offsetOf } from './read-yaml-nodes.ts';

/** What each alias stands for. */
type Targets = ReadonlyMap<Alias, Node>;

/** The offset in the text of the value at the end of the path, or of the last one on the way. */
export function offsetAtEnd(root: Node, path: Path, targets: Targets): number {
  let offset = offsetOf(root);
  let node: Node | undefined = root;
  for (const step of path) {
    node = childOf(node, step, targets);
    if (node === undefined) break;
    offset = offsetOf(node);
  }
  return offset;
}

function childOf(parent: Node, step: string | number, targets: Targets): Node | undefined {
  const node = isAlias(parent) ? targets.get(parent) : parent;
  if (node === undefined || isScalar(node) || isAlias(node)) return undefined;
  if (!isMap(node)) return typeof step === 'number' ? ((node as YAMLSeq).items[step] as Node) : undefined;
  const pairs = node.items as Pair<Node, Node | null>[];
  const own = pairs.findLast(({ key }) => isScalar(key) && !isMergeKey(key) && key.source === step);
  if (own !== undefined) return own.value ?? own.key;
  for (const { key, value } of pairs) {
    if (!isMergeKey(key) || value === null) continue;
    for (const merged of mergedNodes(value)) {
      const found = childOf(merged, step, targets);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
