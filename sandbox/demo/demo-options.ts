import { parseArgs } from 'node:util';

/** What a demo is told to do. */
export interface DemoOptions<Name extends string> {
  /** To be played one after the other. */
  readonly scenarios: readonly Name[];
  /** Whether a page with the reports is written in the end. */
  readonly open: boolean;
}

/** By the demo's arguments: the scenario of `--scenario`, else these, and `--open`; `undefined`, told, for anything else. */
export function demoOptions<Name extends string>(
  names: readonly Name[],
  otherwise: readonly Name[],
): DemoOptions<Name> | undefined {
  const usage = `Write nothing, --scenario with one of ${names.join(', ')}, or --open for the results tab as a file.`;
  try {
    const { scenario, open } = parseArgs({
      options: { scenario: { type: 'string' }, open: { type: 'boolean', default: false } },
    }).values;
    if (scenario === undefined) return { scenarios: otherwise, open };
    const found = names.find(name => name === scenario);
    if (found) return { scenarios: [found], open };
    console.error(`There is no scenario ${scenario}. ${usage}`);
  } catch (error) {
    console.error(`${(error as Error).message}. ${usage}`);
  }
  return undefined;
}
