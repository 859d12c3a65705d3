/** The files and ports that the programs of one control plane share. */
export interface Layout {
  readonly etcdData: string;
  readonly etcdClientPort: number;
  readonly etcdPeerPort: number;
  readonly apiServerPort: number;
  /** Where the API server puts the certificate that it makes for itself. */
  readonly certificates: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly tokenFile: string;
  /** The proxy to the pods, and the file that leads the API server to it. */
  readonly egressSocket: string;
  readonly egressFile: string;
  /** Absent: no audit log is written. */
  readonly audit?: { readonly policyFile: string; readonly logFile: string };
  /** The controllers ask as often as they like: their own limit is 20 requests a second. */
  readonly swiftControllers: boolean;
}

/** Who issues service account tokens here. */
export const issuer = 'https://kubernetes.default.svc';

export function etcdFlags(layout: Layout): string[] {
  const client = `http://127.0.0.1:${layout.etcdClientPort}`;
  const peer = `http://127.0.0.1:${layout.etcdPeerPort}`;
  return [
    '--name=rig',
    `--data-dir=${layout.etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=rig=${peer}`,
    // Nothing here has to survive a crash of the machine.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export function apiServerFlags(layout: Layout): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdClientPort}`,
    `--secure-port=${layout.apiServerPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // No Endpoints of the API server itself: loopback addresses are refused there.
    '--endpoint-reconciler-type=none',
    `--cert-dir=${layout.certificates}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    `--service-account-issuer=${issuer}`,
    `--service-account-key-file=${layout.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${layout.serviceAccountKey}`,
    `--token-auth-file=${layout.tokenFile}`,
    `--egress-selector-config-file=${layout.egressFile}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    // The kubelet's address, not the node's name: nobody resolves that here.
    '--kubelet-preferred-address-types=InternalIP',
    // Else the node is born with a not-ready taint, and pods wait for seconds until a controller takes it off.
    '--disable-admission-plugins=TaintNodesByCondition',
    ...(layout.audit
      ? [`--audit-policy-file=${layout.audit.policyFile}`, `--audit-log-path=${layout.audit.logFile}`]
      : []),
  ];
}

export function controllerManagerFlags(layout: Layout, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--root-ca-file=${layout.certificates}/apiserver.crt`,
    `--service-account-private-key-file=${layout.serviceAccountKey}`,
    '--leader-elect=false',
    '--secure-port=0',
    // The stand-in node sends no heartbeats; without this it turns NotReady after 50 s and its pods go unready.
    '--node-monitor-grace-period=240h',
    // Autoscalers look every 15 s else, and tests wait for them.
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--controllers=*,-node-ipam-controller,-cloud-node-lifecycle-controller,-node-route-controller,-service-lb-controller',
    ...(layout.swiftControllers ? ['--kube-api-qps=500', '--kube-api-burst=1000'] : []),
  ];
}

export function schedulerFlags(kubeconfig: string): string[] {
  return [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'];
}

/** Who may talk to the API server by a token of the token file, all of them as administrators. */
export const users = [
  'rig-admin',
  'rig-kubelet',
  'rig-emissary',
  'rig-controller-manager',
  'rig-scheduler',
] as const;

export type RigUser = (typeof users)[number];

/** The token file. Each part of the rig has a name of its own, so that the audit log tells their requests apart. */
export function tokenFileText(tokens: Readonly<Record<RigUser, string>>): string {
  return `${users.map(user => `${tokens[user]},${user},${user},"system:masters"`).join('\n')}\n`;
}

/** One line per answered request, without bodies. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};
