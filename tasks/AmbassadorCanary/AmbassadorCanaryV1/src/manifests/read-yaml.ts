import { Composer, type Document, LineCounter, type Node, Parser, visit, type YAMLParseError } from 'yaml';
import type { Problem, ReadDocument } from './read-document.ts';
import { type AliasBudget, YamlValues } from './read-yaml-values.ts';

/** More repeated values than this in a file are a bomb, not a manifest. */
const mostAliased = 1_000_000;

/** In characters. The tree of one document is in memory as a whole, at a hundred bytes and more a character; an object in a cluster has 1.5 MiB at most. */
const largestDocument = 8 * 1024 * 1024;
/** What YAML and kubectl take in no place: C0 but tab and line ends, DEL, C1 but NEL, and two that are no characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/**
 * The documents of a YAML text, one after the other, so that a large file never is in memory as a whole tree. Those that are
 * empty or only a comment have the value null. A document with a problem does not keep the next ones from being read.
 *
 * Scalars mean what they mean to kubectl (read-scalars.ts); duplicate keys, for which kubectl silently takes the last, are problems.
 */
export function* readYaml(written: string): Generator<ReadDocument> {
  // kubectl reads line by line and so ends the last one, too.
  const text = written.endsWith('\n') ? written : `${written}\n`;
  const unfit = controlProblem(text) ?? sizeProblem(text);
  if (unfit !== undefined) {
    yield { kind: 'broken', problems: [unfit] };
    return;
  }
  const lines = new LineCounter();
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const budget: AliasBudget = { left: mostAliased };
  // Failsafe: every scalar stays the text it is. Its `uniqueKeys` compares each key with each other, so keys are ours to check.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, strict: false });
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
    yield readOne(document, text, budget, lineOf);
  }
}

function controlProblem(text: string): Problem | undefined {
  const found = controlCharacter.exec(text);
  if (found === null) return undefined;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    line: lineAtOffset(text, found.index),
    reason: `not valid YAML: it contains the control character U+${code}`,
  };
}

function sizeProblem(text: string): Problem | undefined {
  for (let start = 0, end = 0; end < text.length; start = end) {
    const next = text.indexOf('\n---', start + 1);
    end = next === -1 ? text.length : next;
    if (end - start > largestDocument) {
      return {
        line: lineAtOffset(text, start + 1),
        reason: `a YAML document of more than ${largestDocument / 1024 / 1024} MiB`,
        hint: 'Write the items of a List as documents of their own, or the whole as JSON',
      };
    }
  }
  return undefined;
}

function lineAtOffset(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function readOne(
  document: Document.Parsed,
  text: string,
  budget: AliasBudget,
  lineOf: (offset: number) => number,
): ReadDocument {
  const [error] = document.errors;
  // The first only: those behind it are mostly its consequences.
  if (error !== undefined) return { kind: 'broken', problems: [problemOf(error, document, lineOf)] };
  const root = document.contents as Node | null;
  if (root === null) return { kind: 'value', value: null, lineAt: () => lineOf(document.range[0]) };
  const values = new YamlValues(text, budget);
  const value = values.valueOf(root);
  const { flaws } = values;
  if (flaws.length > 0) {
    const problems = flaws.map(({ offset, ...flaw }) => ({ line: lineOf(offset), ...flaw }));
    return { kind: 'broken', problems };
  }
  return { kind: 'value', value, lineAt: path => lineOf(values.offsetAt(root, path)) };
}

function problemOf(
  error: YAMLParseError,
  document: Document.Parsed,
  lineOf: (offset: number) => number,
): Problem {
  const [offset] = error.pos;
  if (error.code === 'RESOURCE_EXHAUSTION')
    return { line: lineOf(offset), reason: 'it is nested too deeply' };
  const start = error.message.startsWith('Missing closing') ? quoteBefore(document, offset) : undefined;
  return { line: lineOf(start ?? offset), reason: `not valid YAML: ${withoutSource(error.message)}` };
}

/** A quote that is never closed is noticed far behind it; what helps is where it begins. */
function quoteBefore(document: Document.Parsed, offset: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar: (_, { range }) => {
      if (range && range[0] <= offset && offset <= range[1] + 1) start = range[0];
    },
  });
  return start;
}

/** Some messages end in a piece of the text, which may be of a Secret. */
function withoutSource(message: string): string {
  return message.replace(/: .*$/s, '');
}
