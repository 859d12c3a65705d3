import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../child.ts';
import { KubeClient } from '../kube-client.ts';
import { kubeconfigText } from '../kubeconfig.ts';
import { freePorts } from '../ports.ts';
import type { ProgramName, Programs } from './build.ts';
import { Egress, egressConfiguration } from './egress.ts';
import {
  apiServerFlags,
  auditPolicy,
  controllerManagerFlags,
  etcdFlags,
  type Layout,
  type RigUser,
  schedulerFlags,
  tokenFileText,
  users,
} from './flags.ts';

/** Starting takes 3 s on an idle machine; on a busy one it may take many times that. */
const startLimitMs = 60_000;

export interface ControlPlaneOptions {
  /** Write an audit log of all requests. */
  readonly audit?: boolean;
  /** Hold the controllers to no number of requests a second (theirs is 20): a rollout is then as quick as its pods. */
  readonly swiftControllers?: boolean;
}

/** etcd, API server, controller manager and scheduler on loopback, with the flags of rig/README.md. */
export class ControlPlane {
  readonly server: string;
  readonly tokens: Readonly<Record<RigUser, string>>;
  readonly layout: Layout;
  readonly #directory: string;
  readonly #programs: Programs;
  readonly #children = new Map<ProgramName, Child>();
  #egress: Egress | undefined;
  #caPem = '';

  private constructor(
    directory: string,
    programs: Programs,
    layout: Layout,
    tokens: Record<RigUser, string>,
  ) {
    this.#directory = directory;
    this.#programs = programs;
    this.layout = layout;
    this.tokens = tokens;
    this.server = `https://127.0.0.1:${layout.apiServerPort}`;
  }

  /** Starts all four below `directory`; resolves when the API server is ready. What was started is stopped on failure. */
  static async start(
    directory: string,
    programs: Programs,
    options: ControlPlaneOptions,
  ): Promise<ControlPlane> {
    const tokens = Object.fromEntries(users.map(user => [user, randomBytes(16).toString('hex')]));
    const layout = await layOut(directory, options);
    const plane = new ControlPlane(directory, programs, layout, tokens as Record<RigUser, string>);
    try {
      await plane.#prepare();
      await plane.#startEtcd();
      await plane.startApiServer();
      await plane.#startControllers();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  /** The certificate to trust, as PEM text. */
  get caPem(): string {
    return this.#caPem;
  }

  /** A client for one of the rig's own users. */
  client(user: RigUser): KubeClient {
    return new KubeClient({ server: this.server, ca: this.#caPem, token: this.tokens[user] });
  }

  /** Writes a kubeconfig for one of the rig's own users and gives its path. */
  async kubeconfig(user: RigUser): Promise<string> {
    const path = join(this.#directory, `${user}.kubeconfig`);
    const content = {
      server: this.server,
      caPem: this.#caPem,
      user,
      token: this.tokens[user],
      namespace: 'default',
    };
    await writeFile(path, kubeconfigText(content), { mode: 0o600 });
    return path;
  }

  /** Starts the API server on its port, the first time or again, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const server = await this.#run('kube-apiserver', apiServerFlags(this.layout));
    const certificate = join(this.layout.certificates, 'apiserver.crt');
    let probe: KubeClient | undefined;
    const isReady = async () => {
      if (!probe) {
        this.#caPem = await readFile(certificate, 'utf8');
        if (!this.#caPem.trimEnd().endsWith('-----END CERTIFICATE-----')) return false;
        probe = this.client('rig-admin');
      }
      return (await probe.text('/readyz')) === 'ok';
    };
    try {
      await server.ready(isReady, startLimitMs);
    } finally {
      probe?.close();
    }
  }

  /**
   * Stops the API server and waits until it is gone; the rest runs on, as on a cluster whose API is away. It would
   * wait long for the watches of the controllers, so it is killed soon.
   */
  async stopApiServer(): Promise<void> {
    await this.#stop('kube-apiserver', 1_000);
  }

  /** Stops everything; the API server before etcd, else it waits for what never comes. */
  async stop(): Promise<void> {
    await Promise.all([this.#stop('kube-controller-manager', 2_000), this.#stop('kube-scheduler', 2_000)]);
    await this.#stop('kube-apiserver', 3_000);
    await this.#stop('etcd', 2_000);
    await this.#egress?.stop();
  }

  /** The process ids, by program. */
  get pids(): Map<ProgramName, number> {
    const entries = [...this.#children].map(([name, child]) => [name, child.pid ?? 0] as const);
    return new Map(entries);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.layout.certificates, { recursive: true });
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await Promise.all([
      writeFile(this.layout.serviceAccountKey, pair.privateKey.export({ type: 'sec1', format: 'pem' }), {
        mode: 0o600,
      }),
      writeFile(this.layout.serviceAccountPublicKey, pair.publicKey.export({ type: 'spki', format: 'pem' })),
      writeFile(this.layout.tokenFile, tokenFileText(this.tokens), { mode: 0o600 }),
      writeFile(this.layout.egressFile, JSON.stringify(egressConfiguration(this.layout.egressSocket))),
      ...(this.layout.audit ? [writeFile(this.layout.audit.policyFile, JSON.stringify(auditPolicy))] : []),
    ]);
    this.#egress = await Egress.start(this.layout.egressSocket);
  }

  async #startEtcd(): Promise<void> {
    const etcd = await this.#run('etcd', etcdFlags(this.layout));
    const health = `http://127.0.0.1:${this.layout.etcdClientPort}/health`;
    await etcd.ready(async () => (await fetch(health)).ok, startLimitMs);
  }

  async #startControllers(): Promise<void> {
    const manager = controllerManagerFlags(this.layout, await this.kubeconfig('rig-controller-manager'));
    const scheduler = schedulerFlags(await this.kubeconfig('rig-scheduler'));
    await Promise.all([
      this.#run('kube-controller-manager', manager),
      this.#run('kube-scheduler', scheduler),
    ]);
  }

  async #run(name: ProgramName, args: readonly string[]): Promise<Child> {
    const child = await Child.start({
      name,
      command: this.#programs[name],
      args,
      logFile: join(this.#directory, 'logs', `${name}.log`),
    });
    this.#children.set(name, child);
    return child;
  }

  async #stop(name: ProgramName, graceMs: number): Promise<void> {
    await this.#children.get(name)?.stop(graceMs);
    this.#children.delete(name);
  }
}

async function layOut(
  directory: string,
  { audit = false, swiftControllers = false }: ControlPlaneOptions,
): Promise<Layout> {
  const [etcdClientPort = 0, etcdPeerPort = 0, apiServerPort = 0] = await freePorts(3);
  const below = (name: string) => join(directory, name);
  return {
    etcdData: below('etcd'),
    etcdClientPort,
    etcdPeerPort,
    apiServerPort,
    certificates: below('certificates'),
    serviceAccountKey: below('service-account.key'),
    serviceAccountPublicKey: below('service-account.pub'),
    tokenFile: below('tokens.csv'),
    egressSocket: below('egress.sock'),
    egressFile: below('egress.json'),
    swiftControllers,
    ...(audit && { audit: { policyFile: below('audit-policy.json'), logFile: below('audit.log') } }),
  };
}
