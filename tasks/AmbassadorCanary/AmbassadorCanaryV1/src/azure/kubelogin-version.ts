import { join } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';
import type { KubeloginSettings } from '../cluster/install-kubelogin.ts';
import type { Inputs } from './input-names.ts';
import { InputProblems, quote } from './input-problems.ts';

/** Which kubelogin to fetch where it is needed and not there, and where the agent keeps its tools. */
export function readKubelogin({ kubeloginVersion }: Inputs): KubeloginSettings {
  const problems = new InputProblems();
  const [, version] = /^v?(latest|\d+\.\d+\.\d+)$/.exec(kubeloginVersion || 'latest') ?? [];
  if (version === undefined) {
    problems.invalid('kubeloginVersion', {
      expected: '`latest`, or a version of kubelogin',
      found: quote(kubeloginVersion),
      hint: 'Write for example `kubeloginVersion: v0.2.10`',
    });
  }
  problems.throwIfAny();
  const tools = agent.getVariable('Agent.ToolsDirectory');
  const toolsDirectory = tools || join(agent.getVariable('Agent.TempDirectory') || '.', 'tools');
  return { version: version ?? 'latest', toolsDirectory };
}
