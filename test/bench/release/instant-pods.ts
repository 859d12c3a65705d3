import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeClient, type KubeObject, patchType } from '../../../rig/kube-client.ts';
import { nodeObject, registerNode } from '../../../rig/kubelet/node-object.ts';
import { kubeTime } from '../../../rig/kubelet/pod.ts';

interface PodObject extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: { readonly phase?: string };
}

/** The label of a node's name, by which a pod asks for it. */
export const instantNode = 'instant-node';

/** How often the node says that it lives: the control plane waits 40 s for that. */
const renewEveryMs = 10_000;

/**
 * A node whose pods are ready at once and end at once, without any process: what is measured then is the tool, and the API
 * server that both tools use, not the app. Runs until the signal aborts.
 */
export async function runInstantPods(client: KubeClient, signal: AbortSignal): Promise<void> {
  let number = 0;
  const register = () =>
    registerNode(
      client,
      nodeObject({ name: instantNode, address: '127.0.0.1', pods: 5_000, port: 1, now: Date.now() }),
    );
  await register();
  const renew = async () => {
    for (;;) {
      await sleep(renewEveryMs, undefined, { signal });
      await register();
    }
  };
  renew().catch(() => {});
  const handle = (pod: PodObject) => {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    const work =
      pod.metadata.deletionTimestamp !== undefined
        ? client.delete(path, { gracePeriodSeconds: 0 })
        : pod.status?.phase === 'Running'
          ? undefined
          : client.patch(`${path}/status`, { status: statusOf(pod, ++number) }, patchType.strategic);
    // A pod that is gone by now needs no more of us.
    work?.catch(() => {});
  };
  client.watch<PodObject>(
    `/api/v1/pods?fieldSelector=spec.nodeName%3D${instantNode}`,
    {
      onList: pods => pods.forEach(handle),
      onEvent: ({ type, object }) => type === 'DELETED' || handle(object),
    },
    signal,
  );
}

function statusOf({ spec }: PodObject, number: number): object {
  const time = kubeTime(Date.now());
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const types = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    startTime: time,
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: types.map(type => ({ type, status: 'True', lastTransitionTime: time })),
    containerStatuses: spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: image,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: time } },
    })),
  };
}
