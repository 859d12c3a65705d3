import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readManifestFiles } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/manifest-files.ts';
import { parseInputs } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { replaceImages } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/image-replacement.ts';
import { readManifests } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import { toCanaryErrors } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { type CanaryStep, stepsIn } from '../steps-in.ts';
import { inputsOf } from './azure/default-inputs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const taskJson = 'tasks/AmbassadorCanary/AmbassadorCanaryV1/task.json';

interface TaskJson {
  readonly version: { readonly Major: number };
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly properties?: { readonly EditableOptions?: string };
  }[];
}
const task = JSON.parse(readFileSync(root + taskJson, 'utf8')) as TaskJson;
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };

const pages = ['README.md', ...filesIn('docs/', '.md'), ...filesIn('samples/', '.yml', '.yaml', '.md')];

describe('the samples', () => {
  const found = pages.flatMap(page =>
    stepsIn(page, readFileSync(root + page, 'utf8')).map(step => ({ page, step })),
  );

  it('show the step in the README, on the page of the marketplace and in a whole pipeline', () => {
    for (const page of [
      'README.md',
      'docs/overview.md',
      'docs/inputs.md',
      'samples/azure-pipelines.yml',
      'samples/several-jobs.yml',
      'samples/strategy-canary.yml',
    ]) {
      assert.ok(
        found.some(sample => sample.page === page),
        page,
      );
    }
  });

  for (const { page, step } of found) {
    describe(`of ${page}`, () => {
      it('name the version that this is', () => {
        assert.equal(step.task, `AmbassadorCanary@${version.split('.')[0]}`);
      });

      it('use inputs that there are, with values that they take', () => {
        for (const [name, value] of Object.entries(step.inputs)) {
          const input = task.inputs.find(candidate => candidate.name === name);
          assert.ok(input, `there is no input ${name}`);
          if (input.options === undefined || input.properties?.EditableOptions === 'True') continue;
          assert.ok(Object.hasOwn(input.options, value), `${name}: ${value}`);
        }
      });

      it('are read without an error', () => {
        const { spec } = accepted(() => parseInputs(inputsOf(filledIn(page, step))));
        const isJudged = spec.action !== 'promote' && spec.action !== 'reject';
        assert.equal(spec.steps.length > 0, isJudged);
      });

      if (/^ *manifests: \S+ +# \w/m.test(readFileSync(root + page, 'utf8'))) return;
      it('name manifests that are there, or say whose they are, with a container for each image', async () => {
        const { spec } = parseInputs(inputsOf(filledIn(page, step)));
        const { documents } = readManifests(await readManifestFiles(spec.manifests, root));
        const { matches } = accepted(() => replaceImages(documents, spec.images));
        assert.equal(matches.length, spec.images.length);
      });
    });
  }
});

/** The inputs as the agent hands them over: with what stands for a value in docs/inputs.md, and with variables, filled in. */
function filledIn(page: string, { inputs, variables }: CanaryStep): Readonly<Record<string, string>> {
  const own =
    page === 'docs/inputs.md'
      ? { manifests: 'deploy/*.yaml', prometheus: 'https://prometheus.example.com' }
      : {};
  const values: Readonly<Record<string, string>> = {
    'Build.BuildId': '42',
    'strategy.action': 'deploy',
    'strategy.increment': '25',
    ...variables,
  };
  return Object.fromEntries(
    Object.entries({ ...inputs, ...own }).map(([name, value]) => [
      name,
      value.replace(/\$\(([\w.]+)\)/g, (macro, variable: string) => values[variable] ?? macro),
    ]),
  );
}

function accepted<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const message = toCanaryErrors(thrown).map(error => error.sentence);
    throw new assert.AssertionError({ message: message.join('\n') });
  }
}

function filesIn(folder: string, ...endings: readonly string[]): readonly string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map(file => folder + file.replaceAll('\\', '/'))
    .filter(file => endings.some(ending => file.endsWith(ending)) && statSync(root + file).isFile())
    .sort();
}
