import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../child.ts';
import { rigHome } from '../paths.ts';

const moduleDirectory = fileURLToPath(new URL('.', import.meta.url));
const kubernetesVersion = 'v1.35.4';

/** What the control plane is made of, and the Go package that each program is built from. */
const packages = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
} as const;

export type ProgramName = keyof typeof packages;

/** The path of each program of the control plane. */
export type Programs = Readonly<Record<ProgramName, string>>;

export interface BuildOptions {
  /** Gets one line per program. */
  readonly log?: (line: string) => void;
  /** A folder of prebuilt programs; those found there are used as they are. Default: `KUBEBUILDER_ASSETS`. */
  readonly assets?: string | undefined;
}

/**
 * Gives the programs of the control plane. Each comes from `assets` where it is there, else from `.rig/bin`,
 * where it is built by Go when it is missing or when go.mod, go.sum or the flags have changed since.
 * Fails with Go's own words when a build fails. The recipe is rig/README.md's.
 */
export async function ensurePrograms(options: BuildOptions = {}): Promise<Programs> {
  const log = options.log ?? (() => {});
  const assets = options.assets ?? process.env.KUBEBUILDER_ASSETS;
  const stamp = await recipeDigest();
  const programs: Partial<Record<ProgramName, string>> = {};
  for (const name of Object.keys(packages) as ProgramName[]) {
    const prebuilt = assets ? join(assets, name) : undefined;
    if (prebuilt !== undefined && existsSync(prebuilt)) {
      log(`${name}: prebuilt, ${prebuilt}`);
      programs[name] = prebuilt;
    } else {
      programs[name] = await ensureBuilt(name, stamp, log);
    }
  }
  return programs as Programs;
}

async function ensureBuilt(name: ProgramName, stamp: string, log: (line: string) => void): Promise<string> {
  const directory = join(rigHome, 'bin');
  const target = join(directory, name);
  const stampFile = join(directory, `.${name}.stamp`);
  if (existsSync(target) && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp) {
    log(`${name}: up to date`);
    return target;
  }
  await mkdir(directory, { recursive: true });
  const started = Date.now();
  // Built beside and then renamed, so that a build that was cut off, or two at once, leave no half a program.
  const fresh = `${target}.${process.pid}`;
  try {
    await goBuild(packages[name], fresh);
    await rename(fresh, target);
  } finally {
    await rm(fresh, { force: true });
  }
  await writeFile(stampFile, stamp);
  log(`${name}: built in ${Math.round((Date.now() - started) / 1000)} s`);
  return target;
}

/** Without these the programs call themselves v0.0.0, and clients complain. */
function linkerFlags(): string {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(kubernetesVersion) ?? [];
  const versions = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(path => [
    `-X ${path}.gitVersion=${kubernetesVersion}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
  ]);
  return ['-s -w', ...versions].join(' ');
}

async function recipeDigest(): Promise<string> {
  const digest = createHash('sha256').update(linkerFlags());
  for (const file of ['go.mod', 'go.sum']) digest.update(await readFile(join(moduleDirectory, file)));
  return digest.digest('hex');
}

async function goBuild(goPackage: string, output: string): Promise<void> {
  const goArguments = [
    'build',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    linkerFlags(),
    '-o',
    output,
    goPackage,
  ];
  // `local`: a Go that is too old says so at once, and does not go and download another one.
  const environment = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
  // A build must not take the machine away from whoever works on it.
  const niced = process.platform === 'linux' ? ['nice', '-n', '10', 'go'] : ['go'];
  const [command = 'go', ...args] = [...niced, ...goArguments];
  const logFile = join(rigHome, 'build.log');
  const child = await Child.start({
    name: 'go',
    command,
    args,
    env: environment,
    cwd: moduleDirectory,
    logFile,
  });
  const { code } = await child.exited;
  if (code !== 0)
    throw new Error(`go build ${goPackage} ended with ${code}: ${installHint}\n${await child.logTail()}`);
}

const installHint = 'the rig needs Go 1.25 or newer, or KUBEBUILDER_ASSETS with the programs already built';
