import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildVariables } from '../../test/agent/build-variables.ts';
import { serviceAccountEndpoint } from '../../test/agent/endpoints.ts';
import { SecretMasker } from '../../test/agent/secret-masker.ts';
import { environmentOf } from '../../test/agent/step-environment.ts';
import { readTaskDefinition } from '../../test/agent/task-definition.ts';
import type { RigCluster } from '../cluster.ts';
import { repositoryRoot } from '../paths.ts';
import { manifestsFolder } from './sample-app.ts';

const taskFolder = join('tasks', 'AmbassadorCanary', 'AmbassadorCanaryV1');

/** The step as it is shipped, from the root of the checkout. */
export const stagedTask = join('dist', 'extension', taskFolder);

/**
 * Writes what the agent would hand to the step for a release of the sample app with these inputs, as a file for Node's
 * `--env-file`. It holds the token of the connection, so only its owner may read it.
 */
export async function writeEnvironmentFile(
  path: string,
  cluster: Pick<RigCluster, 'server' | 'adminToken' | 'caPem'>,
  inputs: Readonly<Record<string, string>>,
  tempDirectory: string,
): Promise<void> {
  await mkdir(tempDirectory, { recursive: true });
  const { server, adminToken, caPem } = cluster;
  // An id of letters only: those of real connections can't stand in the name of a shell's variable.
  const endpoint = {
    ...serviceAccountEndpoint({ server, token: adminToken, certificate: caPem }),
    id: 'rig',
  };
  const environment = environmentOf(
    {
      definition: readTaskDefinition(join(repositoryRoot, taskFolder)),
      inputs: { kubernetesServiceConnection: endpoint.id, manifests: manifestsFolder, ...inputs },
      endpoints: [endpoint],
      variables: {
        ...buildVariables,
        'Agent.TempDirectory': tempDirectory,
        'System.DefaultWorkingDirectory': repositoryRoot,
        // As today's agents say it: the log is not for debugging.
        'DistributedTask.Tasks.Node.SkipDebugLogsWhenDebugModeOff': 'true',
      },
      secretVariables: {},
      taskVariables: {},
    },
    new SecretMasker(),
  );
  const lines = Object.entries(environment)
    .filter(([name]) => /^(INPUT|ENDPOINT|VSTS|AGENT|BUILD|SYSTEM|DISTRIBUTEDTASK)_/.test(name))
    .map(([name, value]) => `${name}=${quoted(name, value)}\n`);
  await writeFile(path, lines.join(''), { mode: 0o600 });
}

/** Node takes what stands between quotes as it is, except that `\n` between double ones is a new line. */
function quoted(name: string, value: string): string {
  const quote = ["'", '`'].find(quote => !value.includes(quote));
  if (quote === undefined) throw new Error(`${name} holds every quote that could stand around it: ${value}`);
  return quote + value + quote;
}
