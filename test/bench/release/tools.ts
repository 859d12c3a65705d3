import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '../../../rig/kube-client.ts';
import { kubeconfigText } from '../../../rig/kubeconfig.ts';
import { ensureAgentNodes } from '../../agent/agent-nodes.ts';
import { buildVariables } from '../../agent/build-variables.ts';
import { serviceAccountEndpoint } from '../../agent/endpoints.ts';
import { SecretMasker } from '../../agent/secret-masker.ts';
import { environmentOf } from '../../agent/step-environment.ts';
import { readTaskDefinition, targetOf } from '../../agent/task-definition.ts';
import { type Cost, measured } from './measured.ts';
import { appName, imageOf, listOf, manifests, weights } from './shop.ts';

/** Where and as whom a tool asks the API server. */
export interface Access {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

export interface Run extends Cost {
  /** What of the wall time the tool waited by its own will, as its log announces it. */
  readonly waitedSeconds: number;
  readonly logLines: number;
}

/** A way to release version `version` of the app in this namespace. */
export interface Tool {
  readonly name: 'ambassador-canary' | 'kubectl-lean';
  release(namespace: string, version: string): Promise<Run>;
}

const taskDir = 'dist/extension/tasks/AmbassadorCanary/AmbassadorCanaryV1';

/** The step, in the environment that the agent gives it. */
export function ambassadorCanary(
  access: Access,
  folder: string,
  more: Record<string, string> = {},
  objects: (version: string, namespace: string) => readonly KubeObject[] = manifests,
): Tool {
  const node = ensureAgentNodes()[0]?.path ?? process.execPath;
  const definition = readTaskDefinition(taskDir);
  const script = join(resolve(taskDir), targetOf(definition, 'execution') ?? '');
  const connection = serviceAccountEndpoint({
    server: access.server,
    token: access.token,
    certificate: access.caPem,
  });
  return {
    name: 'ambassador-canary',
    release: async (namespace, version) => {
      const cwd = await mkdtemp(join(folder, 'step-'));
      await writeFile(join(cwd, 'app.json'), listOf(objects(version, namespace)));
      const inputs = {
        kubernetesServiceConnection: connection.id,
        namespace,
        manifests: 'app.json',
        weights: weights.join(', '),
        pause: '0s',
        drain: '0s',
        prometheus: 'none',
        successRate: 'none',
        compareToStable: 'false',
        ...more,
      };
      const variables = {
        ...buildVariables,
        'Agent.TempDirectory': cwd,
        'System.DefaultWorkingDirectory': cwd,
      };
      const env = environmentOf(
        { definition, inputs, endpoints: [connection], variables, secretVariables: {}, taskVariables: {} },
        new SecretMasker(),
      );
      const log = join(cwd, 'log');
      const cost = await measured(log, [node, script], env, cwd);
      const text = await readFile(log, 'utf8');
      if (cost.code !== 0 || !/variable=outcome;[^\]]*\]promoted/.test(text))
        throw new Error(`The step did not promote:\n${text}`);
      const waits = [...text.matchAll(/(\d+)s for all proxies to learn/g)].map(([, seconds]) =>
        Number(seconds),
      );
      if (waits.length === 0) throw new Error(`The log announces its waits in other words now:\n${text}`);
      const waitedSeconds = waits.reduce((sum, seconds) => sum + seconds, 0);
      return { ...cost, waitedSeconds, logLines: text.split('\n').length };
    },
  };
}

/** The script pipeline's calls of Python and kubectl, from bash. */
export function kubectlLean(access: Access, kubectl: string, folder: string): Tool {
  return {
    name: 'kubectl-lean',
    release: async (namespace, version) => {
      const cwd = await mkdtemp(join(folder, 'kubectl-'));
      const kubeconfig = join(cwd, 'kubeconfig');
      await writeFile(kubeconfig, kubeconfigText({ ...access, user: 'bench' }));
      const app = join(cwd, 'app.json');
      await writeFile(app, listOf(manifests(version, namespace)));
      const log = join(cwd, 'log');
      const command = [
        ...['bash', beside('kubectl-lean.sh'), kubectl, beside('canarize.py'), app, imageOf(version)],
        ...[namespace, appName, ...weights.map(String)],
      ];
      // The cache of discovery outlives a run, as on an agent that is kept.
      const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
      const cost = await measured(log, command, env, cwd);
      if (cost.code !== 0) throw new Error(`kubectl failed:\n${await readFile(log, 'utf8')}`);
      return { ...cost, waitedSeconds: 0, logLines: 0 };
    },
  };
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
