import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resources } from '../../sandbox/api-server/resources.ts';
import { isReady } from '../../sandbox/controllers/owned.ts';
import { writeManifests } from '../../sandbox/demo/manifests.ts';
import { taskDir } from '../../sandbox/demo/release.ts';
import { emissaryNamespace } from '../../sandbox/emissary.ts';
import { at, type KubeObject, objectsAt } from '../../sandbox/objects.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { type Endpoint, kubeconfigEndpoint, serviceAccountEndpoint } from '../agent/endpoints.ts';
import { type JobOptions, type JobResult, runJob } from '../agent/test-agent.ts';

/** The images of the sample app, but for their tag. */
export const repository = 'registry.example.com/sample-app';

export interface Release {
  /** The tag of the image: the sandbox knows what becomes of `2.0.0-never-ready`. 2.0.0 where nothing is said. */
  readonly version?: string;
  /** Variables of the app that the new version's manifest changes. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the pipeline writes besides what every release of the tests is told. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly endpoint?: Endpoint;
  readonly job?: Partial<JobOptions>;
}

/** The sample app as stable 1.0.0 with users on a sandbox, and a folder with its manifests. */
export class Shop {
  private constructor(
    readonly sandbox: Sandbox,
    /** Where the pipeline's relative paths begin. */
    readonly folder: string,
  ) {}

  static async open(options: SandboxOptions = {}): Promise<Shop> {
    const sandbox = await startSandbox({
      withStable: true,
      requestsPerSecond: 300,
      scrapeEveryMs,
      podReadyMs: 100,
      podStopMs: 50,
      ...options,
    });
    const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-shop-'));
    // The step asks how often Emissary is scraped, and how many requests stable gets.
    await sleep(3 * scrapeEveryMs);
    return new Shop(sandbox, folder);
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Writes files for the step to read, by their paths in the folder. */
  async write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, path)), { recursive: true });
      await writeFile(join(this.folder, path), content);
    }
  }

  /** Runs the built step as the agent would, and then its guard. Holds of every run: it exits with 0, and stderr is empty. */
  async release({ version = '2.0.0', env = {}, inputs, endpoint, job }: Release = {}): Promise<JobResult> {
    // Two releases at a time must not write the same file.
    const manifests = await mkdtemp(join(this.folder, 'manifests-'));
    await writeManifests(manifests, env);
    const connection = endpoint ?? kubeconfigEndpoint({ kubeconfig: this.sandbox.kubeconfig });
    const result = await runJob({
      nodePath: ensureAgentNodes()[0]?.path ?? process.execPath,
      taskDir,
      workingDirectory: this.folder,
      endpoints: [connection],
      inputs: {
        kubernetesServiceConnection: connection.id,
        manifests,
        containers: `${repository}:${version}`,
        weights: '50',
        pause: '1500ms',
        interval: '500ms',
        extendLimit: '10x',
        drain: '1s',
        rolloutTimeout: '20s',
        prometheus: this.sandbox.prometheusUrl,
        ...inputs,
      },
      ...job,
    });
    const killed = result.main.signal !== null;
    assert.equal(result.main.stderr, '', 'nothing on stderr');
    assert.equal(result.main.exitCode, killed ? null : 0);
    assert.equal(result.postJob?.stderr, '');
    assert.equal(result.postJob?.exitCode, 0);
    return result;
  }

  /** A connection by a service account's token: the administrator's where nothing is said. */
  connection(options: Partial<Parameters<typeof serviceAccountEndpoint>[0]> = {}): Endpoint {
    const { server, token, caData } = this.sandbox;
    const certificate = Buffer.from(caData, 'base64').toString('utf8');
    return serviceAccountEndpoint({ server, token, certificate, ...options });
  }

  /** What is in the cluster, each object as it is stored, by kind, namespace and name; without what controllers make. */
  everything(): Record<string, KubeObject> {
    const kinds = resources.filter(({ kind }) => !['Event', 'Pod', 'ReplicaSet'].includes(kind));
    const objects = kinds.flatMap(({ group, version, kind }) =>
      this.sandbox.state.list(group === '' ? version : `${group}/${version}`, kind),
    );
    // Emissary's own is there before, and stays.
    const others = objects.filter(({ metadata }) => metadata.namespace !== emissaryNamespace);
    return Object.fromEntries(others.map(object => [nameOf(object), object]));
  }

  /** All pods, once those that are about to end are gone. */
  async pods(): Promise<readonly Pod[]> {
    const { state } = this.sandbox;
    const list = () => state.list('v1', 'Pod');
    const owners = () => new Set(state.list('apps/v1', 'ReplicaSet').map(({ metadata }) => metadata.uid));
    await state.until(() =>
      list().every(({ metadata }) => {
        const owner = metadata.ownerReferences?.[0]?.uid;
        return metadata.deletionTimestamp === undefined && owners().has(owner);
      }),
    );
    return list().map(pod => ({
      name: pod.metadata.name,
      image: String(at(objectsAt(pod, 'spec', 'containers')[0], 'image')),
      ready: isReady(pod),
    }));
  }

  /** Requests that could have changed something: all that were neither reads, nor dry runs, nor questions about oneself. */
  writes(user?: string): readonly string[] {
    return this.sandbox.state.requests
      .filter(request => user === undefined || request.user === user)
      .filter(({ method, path }) => method !== 'GET' && !/dryRun=All|\/selfsubject/.test(path))
      .map(({ method, path }) => `${method} ${path}`);
  }
}

export interface Pod {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
}

const scrapeEveryMs = 200;

function nameOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** Runs a scenario on a shop of its own. */
export async function inShop(
  options: SandboxOptions,
  scenario: (shop: Shop) => Promise<void>,
): Promise<void> {
  const shop = await Shop.open(options);
  try {
    await scenario(shop);
  } finally {
    await shop.close();
  }
}
