import { parse } from 'yaml';

/** A use of our task, as somebody wrote it. */
export interface CanaryStep {
  /** `AmbassadorCanary@0` */
  readonly task: string;
  readonly name?: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Those that the pipeline around it sets. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The uses of our task in a pipeline, or in the YAML blocks of a page. Throws where something that names it is no YAML. */
export function stepsIn(path: string, text: string): readonly CanaryStep[] {
  const blocks = path.endsWith('.md')
    ? [...text.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    : [text];
  return blocks.filter(block => /\bAmbassadorCanary@/.test(block)).flatMap(block => usesIn(parse(block), {}));
}

type Texts = Readonly<Record<string, string>>;

function usesIn(value: unknown, around: Texts): readonly CanaryStep[] {
  if (Array.isArray(value)) return value.flatMap(item => usesIn(item, around));
  if (typeof value !== 'object' || value === null) return [];
  const { task, name, inputs, variables, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof task === 'string' && task.startsWith('AmbassadorCanary@')) {
    return [{ task, inputs: textsOf(inputs), variables: around, ...(typeof name === 'string' && { name }) }];
  }
  const here = { ...around, ...textsOf(variables) };
  return Object.values(rest).flatMap(part => usesIn(part, here));
}

/** Numbers and booleans are texts to the agent. */
function textsOf(map: unknown): Texts {
  const entries = typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.entries(map) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value ?? '').trim()]));
}
