import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { currentInputsPage, writtenInputsPage } from '../../scripts/inputs-page.ts';
import { currentOverview, writtenOverview } from '../../scripts/overview-page.ts';
import { choiceNames, choices } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/choices.ts';
import type { Inputs } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/input-names.ts';
import { inputNames } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/input-names.ts';
import { defaultSuccessRate } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-checks.ts';
import { parseInputs } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { releaseInputs } from './azure/default-inputs.ts';

interface Input {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly defaultValue: string;
  readonly required?: boolean;
  readonly groupName: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
  readonly helpMarkDown: string;
}

interface Group {
  readonly name: string;
  readonly displayName: string;
  readonly isExpanded: boolean;
  readonly visibleRule?: string;
}

interface Handlers {
  readonly [handler: string]: { readonly target: string };
}

interface TaskJson {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly minimumAgentVersion: string;
  readonly instanceNameFormat: string;
  readonly version: Readonly<Record<'Major' | 'Minor' | 'Patch', number>>;
  readonly groups: readonly Group[];
  readonly inputs: readonly Input[];
  readonly dataSourceBindings: readonly Readonly<Record<string, string>>[];
  readonly outputVariables: readonly { readonly name: string; readonly description: string }[];
  readonly restrictions: { readonly settableVariables: { readonly allowed: readonly string[] } };
  readonly execution: Handlers;
  readonly postjobexecution: Handlers;
  readonly [field: string]: unknown;
}

const task: TaskJson = JSON.parse(
  readFileSync(new URL('../../tasks/AmbassadorCanary/AmbassadorCanaryV1/task.json', import.meta.url), 'utf8'),
);
const inputNamed = new Map(task.inputs.map(input => [input.name, input]));

/** The contract as DESIGN gives it. A default that changes breaks the pipelines of users within the major version. */
const contract: Readonly<Record<string, string>> = {
  action: 'run',
  connectionType: 'kubernetesServiceConnection',
  kubernetesServiceConnection: '',
  azureSubscriptionConnection: '',
  azureResourceGroup: '',
  kubernetesCluster: '',
  useClusterAdmin: 'false',
  namespace: '',
  manifests: '',
  containers: '',
  trafficSplitMethod: 'ambassador',
  weights: '5, 25, 50',
  pause: '5m',
  canaryReplicas: 'auto',
  maxSurgePods: 'auto',
  keepStableCapacity: 'true',
  prometheus: '',
  prometheusServiceConnection: '',
  prometheusHeaders: '',
  metricLabels: '',
  successRate: '99',
  latency: 'none',
  compareToStable: 'true',
  grpc: 'auto',
  checks: '',
  interval: '30s',
  failureThreshold: '2',
  minimumRequests: '50',
  onInconclusive: 'extend',
  extendLimit: '2x',
  consecutiveErrorLimit: '5',
  onFailure: 'rollback',
  rolloutTimeout: '10m',
  drain: '30s',
  lockTimeout: '0',
  emissaryNamespace: 'auto',
  kubeloginVersion: 'latest',
  publishTestResults: 'true',
};
const outputs = ['outcome', 'weight', 'failedStep', 'failedCheck', 'reason', 'reportPath', 'planPath'];

/** The names that a rule such as `a = x && b != y` asks, and the values it compares them with. */
function termsOf(rule: string): readonly { readonly name: string; readonly value: string }[] {
  return rule.split(/&&|\|\|/).map(term => {
    const [, name = '', value = ''] = /^\s*(\w+)\s*!?=\s*(\w+)\s*$/.exec(term) ?? [];
    assert.notEqual(name, '', `a term that the editor can read: ${term}`);
    return { name, value };
  });
}

describe('task.json', () => {
  it('has the inputs and the defaults of the contract, and no other', () => {
    assert.deepEqual(
      Object.fromEntries(task.inputs.map(({ name, defaultValue }) => [name, defaultValue])),
      contract,
    );
  });

  it('has the inputs that the step reads, in the same order', () => {
    assert.deepEqual(
      task.inputs.map(input => input.name),
      inputNames,
    );
  });

  it('offers the words that the step takes', () => {
    for (const name of choiceNames) {
      const input = inputNamed.get(name);
      const offered = input?.type === 'boolean' ? ['true', 'false'] : Object.keys(input?.options ?? {});
      assert.deepEqual(offered, choices[name], name);
    }
    for (const { name, type, options } of task.inputs) {
      const listed = type === 'boolean' || options !== undefined;
      assert.equal((choiceNames as readonly string[]).includes(name), listed, name);
    }
  });

  it('agrees with the code about the defaults that the code knows', () => {
    assert.equal(inputNamed.get('successRate')?.defaultValue, defaultSuccessRate);
  });

  for (const input of task.inputs) {
    it(`explains ${input.name} with an example and its default`, () => {
      const { helpMarkDown, defaultValue } = input;
      assert.match(helpMarkDown, /\. Example: `[^`\n]+`\. Default: .+\.$/s);
      const said =
        input.required === true
          ? 'none, it must be given'
          : defaultValue === ''
            ? 'empty'
            : `\`${defaultValue}\``;
      assert.ok(helpMarkDown.endsWith(`Default: ${said}.`), helpMarkDown);
      if (/^\d+(ms|s|m|h)$/.test(defaultValue)) assert.match(helpMarkDown, /its unit: `ms`, `s`, `m` or `h`/);
      assert.match(input.label, /^[A-Zg][^.]{1,50}$/);
    });
  }

  it('names inputs with letters and digits, each once, of types that servers know', () => {
    assert.equal(inputNamed.size, task.inputs.length);
    for (const { name, type, options, defaultValue } of task.inputs) {
      assert.match(name, /^[a-z][A-Za-z0-9]*$/);
      assert.match(
        type,
        /^(boolean|multiLine|pickList|radio|string|connectedService:(kubernetes|AzureRM|Generic))$/,
      );
      if (options !== undefined) assert.ok(defaultValue in options, name);
    }
  });

  it('demands nothing but manifests, so that a plan needs no connection', () => {
    assert.deepEqual(
      task.inputs.filter(input => input.required).map(input => input.name),
      ['manifests'],
    );
    assert.equal(inputNamed.get('manifests')?.type, 'multiLine');
  });

  it('lets an input depend only on inputs of its own group, or Azure DevOps Server refuses the extension', () => {
    for (const input of task.inputs) {
      for (const { name, value } of termsOf(input.visibleRule ?? 'action = run').filter(
        () => input.visibleRule,
      )) {
        const asked = inputNamed.get(name);
        assert.equal(asked?.groupName, input.groupName, `${input.name} depends on ${name}`);
        if (asked?.options !== undefined) assert.ok(value in asked.options, `${name} = ${value}`);
      }
    }
  });

  it('fills pick lists of the classic editor as the in-box tasks do, through a connection that is there to choose', () => {
    const urls: Record<string, string> = {
      azureResourceGroup:
        '{{{endpoint.url}}}/subscriptions/{{{endpoint.subscriptionId}}}/providers/Microsoft.ContainerService/managedClusters',
      kubernetesCluster:
        '{{{endpoint.url}}}/subscriptions/{{{endpoint.subscriptionId}}}/resourceGroups/$(azureResourceGroup)/providers/Microsoft.ContainerService/managedClusters',
      namespace: '{{{endpoint.url}}}/api/v1/namespaces',
    };
    assert.deepEqual(task.dataSourceBindings.map(({ target }) => target).sort(), Object.keys(urls).sort());
    for (const binding of task.dataSourceBindings) {
      const fields = ['target', 'endpointId', 'endpointUrl', 'resultSelector', 'resultTemplate'];
      assert.deepEqual(Object.keys(binding), fields);
      const { target = '', endpointId = '', endpointUrl = '', resultSelector, resultTemplate } = binding;
      const input = inputNamed.get(target);
      assert.equal(input?.type, 'pickList');
      assert.deepEqual(
        input?.properties,
        { EditableOptions: 'True' },
        `${target}: who can't list may still write`,
      );
      const connection = inputNamed.get(/^\$\((\w+)\)$/.exec(endpointId)?.[1] ?? '');
      assert.match(connection?.type ?? '', target === 'namespace' ? /:kubernetes$/ : /:AzureRM$/);
      assert.equal(connection?.groupName, input?.groupName);
      const [address, query] = endpointUrl.split('?');
      assert.equal(address, urls[target]);
      assert.equal(query, target === 'namespace' ? undefined : 'api-version=2024-05-01');
      for (const [, name = ''] of endpointUrl.matchAll(/\$\((\w+)\)/g)) assert.ok(inputNamed.has(name), name);
      assert.match(`${resultSelector}`, /^jsonpath:\$\.(value|items)\[\*\]$/);
      assert.match(`${resultTemplate}`, /^\{\{\{ ?[#\w. ]+\}\}\}$/);
    }
  });

  it('shows what is about AKS only where AKS is chosen, and the Azure connection always, for Azure Monitor', () => {
    const aks = 'connectionType = azureResourceManager';
    for (const name of ['azureResourceGroup', 'kubernetesCluster', 'useClusterAdmin'])
      assert.equal(inputNamed.get(name)?.visibleRule, aks);
    assert.equal(
      inputNamed.get('kubernetesServiceConnection')?.visibleRule,
      'connectionType = kubernetesServiceConnection',
    );
    assert.equal(inputNamed.get('azureSubscriptionConnection')?.visibleRule, undefined);
  });

  it('puts each input into a group, and lets groups depend on inputs and values that exist', () => {
    const names = task.groups.map(group => group.name);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual([...new Set(task.inputs.map(input => input.groupName))], names);
    for (const { visibleRule } of task.groups.filter(group => group.visibleRule !== undefined)) {
      for (const { name, value } of termsOf(visibleRule ?? '')) {
        assert.ok(value in (inputNamed.get(name)?.options ?? {}), `${name} = ${value}`);
      }
    }
  });

  it('promises the outputs of the contract, and may set these variables only', () => {
    assert.deepEqual(
      task.outputVariables.map(output => output.name),
      outputs,
    );
    assert.ok(task.outputVariables.every(output => output.description.length > 20));
    assert.deepEqual(task.restrictions, { settableVariables: { allowed: outputs } });
  });

  it('runs on both Nodes that agents carry, with a guard after the job', () => {
    assert.deepEqual(task.execution, { Node20_1: { target: 'main.js' }, Node24: { target: 'main.js' } });
    assert.deepEqual(task.postjobexecution, {
      Node20_1: { target: 'guard.js' },
      Node24: { target: 'guard.js' },
    });
    assert.equal(task.prejobexecution, undefined);
    assert.equal(task.minimumAgentVersion, '3.232.1');
  });

  it('keeps its identity, and leaves the version to the build', () => {
    assert.equal(task.id, 'cb61b17c-fd23-4d88-9e6c-8e1dd4cf22d7');
    assert.equal(task.name, 'AmbassadorCanary');
    assert.ok(task.friendlyName.length <= 40);
    assert.deepEqual(task.version, { Major: 0, Minor: 0, Patch: 0 });
    for (const [, name = ''] of task.instanceNameFormat.matchAll(/\$\((\w+)\)/g))
      assert.ok(inputNamed.has(name));
    assert.match(String(task.helpUrl), /^https:\/\//);
    assert.deepEqual(task.demands, []);
    assert.equal(task.preview, true);
  });
});

/** What another input has to say for this one to matter. */
function mattersWith(name: string): Partial<Inputs> {
  const [, other, value] = /^(\w+) = (\w+)$/.exec(inputNamed.get(name)?.visibleRule ?? '') ?? [];
  return other === undefined || value === undefined ? {} : { [other]: value };
}

describe('docs/inputs.md', () => {
  it('is what task.json says: else run `npm run docs`', () => {
    assert.equal(writtenInputsPage(), currentInputsPage());
  });

  it('has the page of the marketplace name each input, and show the Role, as they are', () => {
    assert.equal(writtenOverview(), currentOverview());
    for (const { name } of task.inputs)
      assert.match(writtenOverview(), new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  });

  it('shows YAML that is YAML, and examples that the step takes', () => {
    const shown = currentInputsPage();
    const inline = [...shown.matchAll(/^- Example: `(.+)`$/gm)].map(([, text = '']) => text);
    const blocks = [...shown.matchAll(/^ {2}```yaml\n(.+?)^ {2}```$/gms)].map(([, text = '']) => text);
    assert.equal(inline.length + blocks.length, task.inputs.length);
    for (const text of [...inline, ...blocks]) {
      const [[name, value] = ['', '']] = Object.entries<unknown>(parse(text));
      assert.ok(inputNamed.has(name), text);
      const expanded = String(value).trim().replaceAll('$(Build.BuildId)', '42');
      parseInputs(releaseInputs({ ...mattersWith(name), [name]: expanded }));
    }
    assert.doesNotThrow(() => parse(/^```yaml\n(.+?)^```$/ms.exec(shown)?.[1] ?? '{'));
  });

  it('explains every input and every output', () => {
    for (const { name } of task.inputs) assert.match(currentInputsPage(), new RegExp(`^### ${name}$`, 'm'));
    for (const name of outputs) assert.match(currentInputsPage(), new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  });
});
