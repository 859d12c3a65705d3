import { asRecord, asRecords, type KubeObject, valueAt } from '../release/kube-object.ts';
import { conditionOf } from './readiness.ts';

/**
 * Why a Deployment does not get ready, from what the cluster says of it, its pods and their events; `undefined` where
 * nothing tells. Text from outside is quoted as it is. One reason of one pod: the gravest, and how many share it.
 */
export function notReadyReason(
  deployment: KubeObject,
  pods: readonly KubeObject[],
  events: readonly KubeObject[],
): string | undefined {
  if (valueAt(deployment, 'spec', 'paused') === true) return 'the Deployment is paused (spec.paused)';
  const failure = conditionOf(deployment, 'ReplicaFailure');
  if (failure?.status === 'True') return `no pod can be made: ${failure.message ?? failure.reason}`;
  const findings = latestPods(pods)
    .filter(
      pod => pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'Ready')?.status !== 'True',
    )
    .map(pod => ({ pod, finding: findingOf(pod, events) }));
  const gravest = findings
    .filter(({ finding }) => finding !== undefined)
    .sort((a, b) => (a.finding?.rank ?? 0) - (b.finding?.rank ?? 0))[0];
  if (gravest?.finding === undefined) return undefined;
  const others = findings.filter(({ finding }) => finding?.rank === gravest.finding?.rank).length - 1;
  return `pod ${gravest.pod.metadata.name}: ${gravest.finding.text}${others > 0 ? ` (and ${others} more)` : ''}`;
}

/** Those of the template that the youngest pods have: what ails an old version's pods is not what we wait for. */
function latestPods(pods: readonly KubeObject[]): readonly KubeObject[] {
  const born = (pod: KubeObject) => String(pod.metadata.creationTimestamp ?? '');
  const template = (pod: KubeObject) => pod.metadata.labels?.['pod-template-hash'];
  const latest = pods.reduce((time, pod) => (born(pod) > time ? born(pod) : time), '');
  // Times are in whole seconds, so several may be the youngest.
  const templates = new Set(pods.filter(pod => born(pod) === latest).map(template));
  return pods.filter(pod => templates.has(template(pod)));
}

export interface Finding {
  /** The lower the surer that waiting will not help. */
  readonly rank: number;
  readonly text: string;
}

function findingOf(pod: KubeObject, events: readonly KubeObject[]): Finding | undefined {
  const containers = [
    ...statusesOf(pod, 'initContainerStatuses').map(status => containerFinding('init container', status)),
    ...statusesOf(pod, 'containerStatuses').map(status => containerFinding('container', status)),
  ].filter(finding => finding !== undefined);
  return containers.sort((a, b) => a.rank - b.rank)[0] ?? schedulingFinding(pod) ?? eventFinding(pod, events);
}

export type Status = Readonly<Record<string, unknown>>;

/** The states of a pod's containers. */
export function statusesOf(pod: KubeObject, field: string): readonly Status[] {
  return asRecords(valueAt(pod, 'status', field));
}

/** What a waiting container waits for in vain. The kubelet's words: pkg/kubelet/images/types.go, events/event.go. */
const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** What ails a container, if anything does. */
export function containerFinding(word: string, status: Status): Finding | undefined {
  const name = `${word} ${status.name}`;
  const waiting = asRecord(valueAt(status, 'state', 'waiting'));
  const reason = waiting?.reason;
  if (typeof reason === 'string' && imageReasons.has(reason)) {
    return { rank: 1, text: `${name} has no image: ${withMessage(reason, waiting?.message)}` };
  }
  if (
    reason === 'CreateContainerConfigError' ||
    reason === 'CreateContainerError' ||
    reason === 'RunContainerError'
  ) {
    return { rank: 1, text: `${name} can't be started: ${withMessage(reason, waiting?.message)}` };
  }
  const ended =
    asRecord(valueAt(status, 'state', 'terminated')) ?? asRecord(valueAt(status, 'lastState', 'terminated'));
  const crashed = ended !== undefined && !(ended.exitCode === 0 && word === 'init container');
  if (reason === 'CrashLoopBackOff' || crashed) {
    return {
      rank: ended?.reason === 'OOMKilled' ? 2 : 3,
      text: `${name} ${crashText(status, reason, ended)}`,
    };
  }
  return undefined;
}

function crashText(status: Status, reason: unknown, ended: Status | undefined): string {
  const how =
    ended?.reason === 'OOMKilled'
      ? 'was killed for using more memory than its limit (OOMKilled)'
      : `ends${reason === 'CrashLoopBackOff' ? ' again and again (CrashLoopBackOff)' : ''}`;
  const code = ended?.exitCode === undefined ? '' : `, exit code ${ended.exitCode}`;
  const restarts =
    typeof status.restartCount === 'number' ? `, ${plural(status.restartCount, 'restart')}` : '';
  return `${how}${code}${restarts}`;
}

function schedulingFinding(pod: KubeObject): Finding | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  return { rank: 4, text: `no node takes it: ${withMessage(String(scheduled.reason), scheduled.message)}` };
}

/** The latest warning about the pod: a failed probe, a volume that can't be mounted, a sandbox without network. */
function eventFinding(pod: KubeObject, events: readonly KubeObject[]): Finding | undefined {
  const latest = events
    .filter(
      event =>
        event.type === 'Warning' &&
        valueAt(event, 'involvedObject', 'name') === pod.metadata.name &&
        [undefined, pod.metadata.uid].includes(valueAt(event, 'involvedObject', 'uid') as string | undefined),
    )
    .sort((a, b) => timeOf(b).localeCompare(timeOf(a)))[0];
  if (latest === undefined) return undefined;
  return latest.reason === 'Unhealthy'
    ? { rank: 5, text: `its probe fails: ${latest.message}` }
    : { rank: 6, text: withMessage(String(latest.reason), latest.message) };
}

/** When an event was last seen. Newer clients fill eventTime and series instead of lastTimestamp. */
function timeOf(event: KubeObject): string {
  const times = [valueAt(event, 'series', 'lastObservedTime'), event.lastTimestamp, event.eventTime];
  return times.find(time => typeof time === 'string') ?? '';
}

function withMessage(reason: string, message: unknown): string {
  return typeof message === 'string' && message !== '' ? `${reason}: ${message}` : reason;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
