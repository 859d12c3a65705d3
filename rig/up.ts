import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RigCluster, startCluster } from './cluster.ts';
import { LiveLine } from './live-line.ts';
import { rigHome } from './paths.ts';
import { noteRunning, noteStopped, runningRig } from './running.ts';

/** Something that runs beside the cluster for as long as it is up, such as the data plane. */
export interface Attachment {
  /** What to tell the person who has started it, one line each. */
  readonly lines: readonly string[];
  /** Called when all has been told, for what it has to say from then on. */
  begin?(): void;
  stop(): Promise<void>;
}

/** Starts an attachment on a cluster that is ready. What it keeps goes below `run` in the rig's home. */
export type Attach = (cluster: RigCluster, screen: LiveLine, home: string) => Promise<Attachment>;

export interface UpOptions {
  readonly attach?: readonly Attach[];
  /** What is kept of this rig: its process id, and all else below `run`, which is emptied first. Default: `.rig`. */
  readonly home?: string;
}

/**
 * Starts a cluster with its attachments, says how to use it, and stays until SIGINT or SIGTERM; then it stops all.
 * Its logs stay in `run/logs` of its home until the next time.
 */
export async function up({ attach = [], home = rigHome }: UpOptions = {}): Promise<void> {
  const other = await runningRig(home);
  if (other !== undefined) throw new Error(`a rig is already up (process ${other}): npm run rig -- down`);
  const screen = new LiveLine(process.stdout);
  const log = (line: string) => screen.print(line);
  let isUp = false;
  const asked = new Promise<void>(resolve => {
    // Who changes their mind during a build of minutes need not wait for it; the children end with us.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => (isUp ? resolve() : process.exit(130)));
    }
  });
  await noteRunning(home);
  try {
    const directory = join(home, 'run');
    await rm(directory, { recursive: true, force: true });
    const cluster = await startCluster({ dir: directory, log });
    const attachments: Attachment[] = [];
    try {
      for (const start of attach) attachments.push(await start(cluster, screen, home));
      isUp = true;
      log(
        [...clusterLines(cluster, attach.length === 0), ...attachments.flatMap(({ lines }) => lines)].join(
          '\n',
        ),
      );
      for (const attachment of attachments) attachment.begin?.();
      await asked;
      log('stopping');
    } finally {
      for (const attachment of attachments.reverse()) await attachment.stop();
      await cluster.stop();
    }
  } finally {
    await noteStopped(home);
  }
}

function clusterLines(cluster: RigCluster, isEmpty: boolean): string[] {
  return [
    '',
    `  export KUBECONFIG=${cluster.kubeconfigPath}`,
    `  alias kubectl=${cluster.kubectlPath}`,
    ...(isEmpty ? ['  kubectl apply -f samples/app/manifests'] : []),
    '  kubectl get pods -o wide     # 10.244.a.b is served on 127.244.a.b of this machine',
    '',
    `  Logs of the control plane and of the pods: ${cluster.logDirectory}`,
    '  Ctrl-C here, or npm run rig -- down, stops it.',
    '',
  ];
}
