import { parseArgs } from 'node:util';

/** The scenarios that a demo is to play, by its arguments: the one of `--scenario`, else these; `undefined`, told, where there is no such one. */
export function chooseScenarios<Name extends string>(
  names: readonly Name[],
  otherwise: readonly Name[],
): readonly Name[] | undefined {
  const { scenario } = parseArgs({ options: { scenario: { type: 'string' } } }).values;
  if (scenario === undefined) return otherwise;
  const found = names.find(name => name === scenario);
  if (!found) console.error(`There is no scenario ${scenario}: choose one of ${names.join(', ')}.`);
  return found && [found];
}
