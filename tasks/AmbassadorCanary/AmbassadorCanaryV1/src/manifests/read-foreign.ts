const helmAction =
  /\{\{-?\s*(?:[.$](?:Values|Release|Chart|Capabilities|Files|Template)\b|(?:include|template|define|if|range|with|end|toYaml|tpl|required)\b)/;

/**
 * Whether a text is a template of a Helm chart, and that is why there are problems in these lines. The actions alone do not tell: a
 * ConfigMap may well hold a template.
 */
export function isHelmTemplate(text: string, lines: readonly number[]): boolean {
  if (!helmAction.test(text)) return false;
  const all = text.split('\n');
  return lines.some(line => all[line - 1]?.includes('{{'));
}

const foreignFiles: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:Chart|values[^/]*)\.ya?ml$/,
    'It is a part of a Helm chart: render the chart first, and leave this out with !',
  ],
  [
    /^kustomization\.ya?ml$/i,
    'Build the kustomization first (kubectl kustomize … > file.yaml), or leave this out with !',
  ],
  [/pipelines?\.ya?ml$/i, 'If it is a pipeline and no manifest, leave it out with !'],
];

/** What to do about a file that one often finds beside manifests, by its name. */
export function hintFor(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return foreignFiles.find(([pattern]) => pattern.test(name))?.[1];
}
