import { Document, Scalar, visit } from 'yaml';
import type { PlannedObject } from '../manifests/planned-objects.ts';
import type { KubeObject } from '../release/kube-object.ts';

const heading =
  '# What a release would apply, in this order. Values of Secrets and variables are digests: not to be applied by hand.\n';
const headings = {
  start: 'before the first weight, as it is at that weight',
  promotion: 'at promotion',
} as const;

/**
 * The objects that a release applies as one YAML file, a document each, in their order. What is removed is not in it: it
 * was made before. Any reader of YAML 1.1 or 1.2 reads these very objects.
 */
export function planYaml(planned: readonly PlannedObject[]): string {
  const documents = planned.flatMap(({ when, object }) =>
    when === 'end' ? [] : [`---\n# ${headings[when]}\n${yamlOf(object)}`],
  );
  return [heading, ...documents].join('');
}

function yamlOf(object: KubeObject): string {
  // The stricter version quotes what only one of the two takes for no text.
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && isTreacherous(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  // A step that prints this file must not give the agent a command (facts/azure.md 5).
  return document
    .toString({ lineWidth: 0 })
    .replace(/#(?=#vso\[|#\[)/gi, '\\x23')
    .replace(invisible, char => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
}

/** Characters that no reader of YAML, or no reader of the page, would see as they are. */
const invisible = /[^\P{C}\n]/gu;

/** What some reader may take for a number, a merge, or a command, and what has to be escaped. */
function isTreacherous(text: string): boolean {
  return /^[-+.0-9=<]/.test(text) || /##(vso)?\[/i.test(text) || text.search(invisible) >= 0;
}
