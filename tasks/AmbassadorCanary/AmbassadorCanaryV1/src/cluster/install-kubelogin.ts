import { createHash, randomUUID } from 'node:crypto';
import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CanaryError } from '../release/errors.ts';
import { download, redirectOf } from './download.ts';
import type { Network } from './network.ts';
import { readZipped } from './unzip.ts';

export interface KubeloginSettings {
  /** `latest`, or `0.2.10`. */
  readonly version: string;
  /** `Agent.ToolsDirectory`: what is there serves all jobs of the agent. */
  readonly toolsDirectory: string;
}

export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

const releases = 'https://github.com/Azure/kubelogin/releases';
const limit = { bytes: 128 * 1024 * 1024, milliseconds: 5 * 60_000 };

/**
 * The path of kubelogin in the agent's cache of tools, laid out as other tasks lay it out, where it is fetched to if it is not there:
 * from the project's releases, over TLS, compared with the checksum that the release has beside it. Rejects with `CONNECTION_INVALID`.
 */
export async function installKubelogin(
  { version, toolsDirectory }: KubeloginSettings,
  network: Network,
  tell: (line: string) => void,
  { platform, arch }: Machine = process,
): Promise<string> {
  try {
    const kept = join(toolsDirectory, 'kubelogin');
    const exact = version === 'latest' ? await latestVersion(network, () => newestKept(kept, arch)) : version;
    const folder = join(kept, exact, arch);
    const file = join(folder, platform === 'win32' ? 'kubelogin.exe' : 'kubelogin');
    if ((await exists(`${folder}.complete`)) && (await exists(file))) return file;
    const program = await fetchProgram(exact, archiveOf(platform, arch), network);
    await store(program, file);
    await writeFile(`${folder}.complete`, '');
    tell(`kubelogin ${exact} was fetched from ${releases}, and has the checksum of its release`);
    return file;
  } catch (error) {
    throw new CanaryError('CONNECTION_INVALID', 'kubelogin is not on the agent and could not be fetched', {
      expected: 'kubelogin on the PATH, or its release from GitHub',
      found: (error as Error).message,
      hint: 'Install it in an earlier step (KubeloginInstaller@0), correct `kubeloginVersion`, or name an Azure Resource Manager connection as `azureSubscriptionConnection`, which needs none',
      cause: error,
    });
  }
}

/**
 * Asked of the page that redirects to it, for the API of GitHub counts who asks without an account. Where GitHub can't say, the newest
 * one that is there will do: no release should wait for it.
 */
async function latestVersion(network: Network, kept: () => Promise<string | undefined>): Promise<string> {
  try {
    const page = await redirectOf(new URL(`${releases}/latest`), network);
    const [, version] = /\/tag\/v(\d+\.\d+\.\d+)$/.exec(page?.pathname ?? '') ?? [];
    if (version === undefined) throw new Error(`no version is named by ${releases}/latest`);
    return version;
  } catch (error) {
    const version = await kept();
    if (version === undefined) throw error;
    return version;
  }
}

async function newestKept(folder: string, arch: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const versions = names.filter(name => /^\d+\.\d+\.\d+$/.test(name));
  const whole = await Promise.all(versions.map(name => exists(join(folder, name, `${arch}.complete`))));
  const byNumber = new Intl.Collator('en', { numeric: true });
  return versions
    .filter((_, index) => whole[index])
    .sort(byNumber.compare)
    .at(-1);
}

async function fetchProgram(version: string, archive: string, network: Network): Promise<Buffer> {
  const address = `${releases}/download/v${version}/${archive}`;
  const [zip, line] = await Promise.all([
    download(new URL(address), network, limit),
    download(new URL(`${address}.sha256`), network, { ...limit, bytes: 4096 }),
  ]);
  const [, expected] = /^([0-9a-f]{64})\b/i.exec(line.toString('utf8').trim()) ?? [];
  const found = createHash('sha256').update(zip).digest('hex');
  if (expected?.toLowerCase() !== found) {
    throw new Error(
      `${archive} of v${version} has the checksum ${found}, and its release says ${expected ?? 'none'}`,
    );
  }
  const program = readZipped(zip, path => /(^|\/)kubelogin(\.exe)?$/.test(path));
  if (program === undefined) throw new Error(`${archive} of v${version} holds no kubelogin`);
  return program;
}

function archiveOf(platform: string, arch: string): string {
  const systems: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'win' };
  const machines: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  const [system, machine] = [systems[platform], machines[arch]];
  if (system === undefined || machine === undefined)
    throw new Error(`there is none for ${platform} on ${arch}`);
  return `kubelogin-${system}-${machine}.zip`;
}

/** Two jobs may do so at once: each writes a file of its own, and the last one stays. */
async function store(program: Buffer, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, program);
    await chmod(draft, 0o755);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
