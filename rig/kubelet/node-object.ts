import { isKubeStatus, type KubeClient, type KubeObject, patchType } from '../kube-client.ts';
import { kubeTime } from './pod.ts';

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  /** How many pods it takes. */
  readonly pods: number;
  /** Where the API server finds the kubelet. */
  readonly port: number;
  readonly now: number;
}

/** What the rig's node is, to the scheduler and to `kubectl get nodes`: room for whatever a test asks. */
export function nodeObject({ name, address, pods, port, now }: NodeFacts): KubeObject {
  const capacity = { cpu: '256', memory: '1Ti', pods: `${pods}`, 'ephemeral-storage': '1Ti' };
  const time = kubeTime(now);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
      },
    },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'the rig runs pods as processes',
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        },
      ],
      nodeInfo: {
        architecture: process.arch === 'x64' ? 'amd64' : process.arch,
        operatingSystem: 'linux',
        kernelVersion: '',
        osImage: 'rig',
        containerRuntimeVersion: `rig://node-${process.versions.node}`,
        kubeletVersion: 'v1.35.4',
        kubeProxyVersion: '',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
    },
  };
}

/** Makes the node, or says of one that is there that it is ready. */
export async function registerNode(client: KubeClient, node: KubeObject): Promise<void> {
  try {
    await client.create('/api/v1/nodes', node);
  } catch (error) {
    if (!isKubeStatus(error, 409)) throw error;
    const path = `/api/v1/nodes/${node.metadata.name}/status`;
    await client.patch(path, { status: node.status }, patchType.strategic);
  }
}
