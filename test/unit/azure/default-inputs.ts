import { readFileSync } from 'node:fs';
import type { Inputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/input-names.ts';

const taskJson = new URL('../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/task.json', import.meta.url);

interface TaskJson {
  readonly inputs: readonly { readonly name: string; readonly defaultValue: string }[];
}

/** What the agent hands over for a user who wrote only the given inputs. */
export function inputsOf(written: Partial<Inputs>): Inputs {
  const { inputs } = JSON.parse(readFileSync(taskJson, 'utf8')) as TaskJson;
  const defaults = Object.fromEntries(inputs.map(({ name, defaultValue }) => [name, defaultValue]));
  return { ...defaults, ...written } as Inputs;
}

/** The least that a release needs, and more. */
export function releaseInputs(written: Partial<Inputs> = {}): Inputs {
  return inputsOf({
    manifests: 'deploy/*.yaml',
    prometheus: 'http://prometheus.example.com:9090',
    ...written,
  });
}
