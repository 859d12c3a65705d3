import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { deepest, type Path, setField } from './read-document.ts';
import { keyOf } from './read-scalars.ts';
import { braceTokenAt, commentTokenAt } from './read-tokens.ts';
import { isMergeKey, meaningOf, mergedNodes, offsetOf } from './read-yaml-nodes.ts';
import { offsetAtEnd } from './read-yaml-places.ts';

/** A problem at an offset of the text. */
export interface Flaw {
  readonly offset: number;
  readonly reason: string;
  readonly hint?: string;
}

/** How many values aliases may still repeat: what keeps a small file from becoming a huge object. */
export interface AliasBudget {
  left: number;
}

/**
 * Turns the nodes of one YAML document into the JSON value that kubectl would make of it (read-scalars.ts), and collects
 * what stands against that. Nodes must be asked for in the order of the text, since an alias means the last anchor before it.
 */
export class YamlValues {
  readonly #flaws = new Map<number, Flaw>();
  readonly #text: string;
  readonly #budget: AliasBudget;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  readonly #open = new Set<Node>();
  #aliasDepth = 0;

  constructor(text: string, budget: AliasBudget) {
    this.#text = text;
    this.#budget = budget;
  }

  /** What was wrong with what `valueOf` was asked for. */
  get flaws(): readonly Flaw[] {
    return [...this.#flaws.values()];
  }

  valueOf(node: Node, depth = 0): unknown {
    if (depth > deepest) return this.#flaw(node, `it is nested more than ${deepest} levels deep`);
    if (isAlias(node)) return this.#aliased(node, target => this.valueOf(target, depth + 1));
    if (this.#aliasDepth > 0) {
      // Said once: what comes after it is not looked at.
      if (this.#budget.left === 0)
        return this.#flaws.size > 0 ? undefined : this.#flaw(node, 'its aliases repeat far too much');
      this.#budget.left--;
    } else if (node.anchor !== undefined) {
      this.#anchor(node.anchor, node);
    }
    if (isScalar(node)) return this.#scalar(node);
    this.#open.add(node);
    const value = isMap(node) ? this.#record(node, depth) : this.#list(node as YAMLSeq, depth);
    this.#open.delete(node);
    return value;
  }

  /** The offset of the value at the end of the path, or of the last one on the way. Only after `valueOf`. */
  offsetAt(root: Node, path: Path): number {
    return offsetAtEnd(root, path, this.#targets);
  }

  /** To kubectl an anchor ends where a sign is none of these, and the rest is the value: `password: &a?b` would be no null but `?b`. */
  #anchor(name: string, node: Node): void {
    if (!/^[\w-]+$/.test(name))
      this.#flaw(
        node,
        'the name of an anchor has other characters than letters, digits, _ and -',
        'Quote it',
      );
    this.#anchors.set(name, node);
  }

  #aliased<T>(alias: Alias, read: (target: Node) => T): T | undefined {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) return this.#flaw(alias, `the alias *${alias.source} has no anchor before it`);
    if (this.#open.has(target)) return this.#flaw(alias, `the alias *${alias.source} contains itself`);
    this.#targets.set(alias, target);
    this.#aliasDepth++;
    const value = read(target);
    this.#aliasDepth--;
    return value;
  }

  #scalar(node: Scalar): unknown {
    const text = node.source ?? '';
    const meaning = meaningOf(node, text);
    if (meaning.kind === 'bad') return this.#flaw(node, meaning.reason, meaning.hint);
    if (text === '' && meaning.value === null) this.#refuseTokenAsComment(node);
    return meaning.value;
  }

  /** `replicas: #{Replicas}#` is null with a comment: the token that nobody replaced would vanish without a word. */
  #refuseTokenAsComment(node: Scalar): void {
    const token = commentTokenAt(this.#text, offsetOf(node));
    if (token === undefined) return;
    this.#flaw(
      node,
      `the token ${token} was not replaced, and YAML takes it for a comment`,
      'Replace the tokens in a step before this one',
    );
  }

  #list(node: YAMLSeq, depth: number): unknown[] {
    return node.items.map(item => this.valueOf(item as Node, depth + 1));
  }

  #record(node: YAMLMap, depth: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    const own = new Set<string>();
    for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(key)) {
        this.#merge(record, value, key, depth);
        continue;
      }
      const name = this.#key(key);
      const item = value === null ? null : this.valueOf(value, depth + 1);
      if (name === undefined) continue;
      if (own.has(name))
        this.#flaw(key, `the key ${JSON.stringify(name)} is there twice`, 'Remove one of the two');
      own.add(name);
      setField(record, name, item);
    }
    return record;
  }

  #key(key: Node): string | undefined {
    if (isAlias(key)) return this.#aliased(key, target => this.#key(target));
    if (key.anchor !== undefined && this.#aliasDepth === 0) this.#anchor(key.anchor, key);
    if (!isScalar(key)) {
      const token = braceTokenAt(this.#text, offsetOf(key) - 1);
      if (token === undefined) return this.#flaw(key, 'a key is a list or a mapping');
      const hint = 'Fill in the template in a step before this one';
      return this.#flaw(key, `the token ${token} was not replaced`, hint);
    }
    const text = key.source ?? '';
    const meaning = keyOf(meaningOf(key, text), text);
    if (meaning.kind === 'bad') return this.#flaw(key, meaning.reason, meaning.hint);
    return String(meaning.value);
  }

  /**
   * Merge keys as kubectl reads them: in the order of the text, so that a `<<` *behind* a key overrides it. (YAML says that it
   * does not; but see read-scalars.ts.) Of a list of maps the first wins.
   */
  #merge(record: Record<string, unknown>, value: Node | null, key: Node, depth: number): void {
    for (const node of value === null ? [undefined] : mergedNodes(value).reverse()) {
      const merged = node === undefined ? undefined : this.valueOf(node, depth + 1);
      if (typeof merged !== 'object' || merged === null || Array.isArray(merged)) {
        if (this.#flaws.size === 0) this.#flaw(key, '<< takes a mapping, or a list of mappings');
        return;
      }
      for (const [name, item] of Object.entries(merged)) setField(record, name, item);
    }
  }

  #flaw(node: Node, reason: string, hint?: string): undefined {
    const offset = offsetOf(node);
    // Once a place, however many aliases lead to it.
    if (!this.#flaws.has(offset)) {
      this.#flaws.set(offset, { offset, reason, ...(hint === undefined ? {} : { hint }) });
    }
    return undefined;
  }
}
