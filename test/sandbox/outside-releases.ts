import { recordAnnotation } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-words.ts';
import { releaseLabel } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { ReleaseRecord } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import type { Forge } from './forger.ts';
import { items, prometheusError, status, text } from './outside-answers.ts';
import type { Release, Shop } from './shop.ts';

/** A text that comes in the midst of a release, which changes the cluster. */
export interface OutsideRelease {
  readonly from: string;
  readonly given: (shop: Shop) => Given;
  readonly shows: readonly RegExp[];
}

interface Given {
  readonly release: Release;
  /** What stands before the API server, and before Prometheus. */
  readonly cluster?: Forge;
  readonly prometheus?: Forge;
  /** Ends what disturbs the release. */
  readonly end?: () => void;
}

type Fields = Readonly<Record<string, unknown>>;

const neverReady: Release = { version: '2.0.0-never-ready', inputs: { rolloutTimeout: '1s' } };
const pods = '/api/v1/namespaces/default/pods';
const notReady = (why: string) => [
  new RegExp(
    `^##\\[error\\]rolled-back: ROLLOUT_NOT_READY: .*${why}.*…\\. Correct what it names .*raise rolloutTimeout$`,
    'm',
  ),
];

/** Pods whose status says this, under a name that no pod has. */
const podsThatSay = (said: Fields): Forge =>
  items(pods, pod => ({
    ...pod,
    metadata: { ...(pod.metadata as Fields), name: text },
    status: { ...(pod.status as Fields), containerStatuses: [], conditions: [], ...said },
  }));

export const outsideReleases: readonly OutsideRelease[] = [
  {
    from: 'what a container waits for',
    given: () => ({
      release: neverReady,
      cluster: podsThatSay({
        containerStatuses: [{ name: text, state: { waiting: { reason: 'ErrImagePull', message: text } } }],
      }),
    }),
    shows: notReady('pod HOSTILE # #vso'),
  },
  {
    from: 'the condition of a pod',
    given: () => ({
      release: neverReady,
      cluster: podsThatSay({
        conditions: [{ type: 'PodScheduled', status: 'False', reason: text, message: text }],
      }),
    }),
    shows: notReady('pod HOSTILE # #vso'),
  },
  {
    from: 'an event',
    given: () => ({
      release: neverReady,
      cluster: items('/api/v1/namespaces/default/events', event => ({
        ...event,
        reason: text,
        message: text,
      })),
    }),
    shows: notReady('pod sample-app-canary-\\S+: HOSTILE # #vso'),
  },
  {
    from: 'the condition of a Deployment',
    given: () => ({
      release: neverReady,
      cluster: items('/apis/apps/v1/namespaces/default/deployments', deployment => ({
        ...deployment,
        status: {
          ...(deployment.status as Fields),
          conditions: [{ type: 'ReplicaFailure', status: 'True', message: text }],
        },
      })),
    }),
    shows: notReady('no pod can be made: HOSTILE # #vso'),
  },
  {
    from: 'the run that a dead lock and its record name',
    given: shop => {
      hold(shop, record());
      return { release: neverReady };
    },
    shows: [
      /^ {2}waiting {2}sample-app-canary is locked by HOSTILE # #vso/m,
      /^##\[section\]Rolling back: an earlier run left its canary behind \(HOSTILE # #vso/m,
    ],
  },
  {
    from: 'the holder of a lock without a record',
    given: shop => {
      hold(shop, '{"HOSTILE##vso[task.complete]": ');
      return { release: neverReady };
    },
    shows: [/is locked by HOSTILE # #vso/m, /left a record that cannot be read/m],
  },
  {
    from: 'the run that holds a lock and lives',
    given: shop => {
      hold(shop, record());
      const renewing = setInterval(() => hold(shop, record()), 300);
      return { release: neverReady, end: () => clearInterval(renewing) };
    },
    shows: [/^##\[error\]failed: LOCKED: .* found HOSTILE # #vso.*…\. Let it end, or cancel it/m],
  },
  {
    from: 'Prometheus, once the canary has users',
    given: () => {
      let lies = false;
      const during = async (step: RunningStep) => {
        await step.line(/^ {2}weight +50 %/);
        lies = true;
      };
      return {
        release: { version: '2.0.0', inputs: { consecutiveErrorLimit: '2' }, job: { during } },
        prometheus: (_, ask) => (lies ? prometheusError(400) : ask()),
      };
    },
    shows: [
      /^ +50 % .* error: What answers at .*HOSTILE # #vso/m,
      /^##\[error\]rolled-back: At 50 %: could not be asked 2 times in a row: .*HOSTILE # #vso/m,
    ],
  },
  {
    from: 'the cluster, to the guard',
    given: () => {
      let lies = false;
      const during = async (step: RunningStep) => {
        await step.line(/^ {2}weight +50 %/);
        step.kill();
      };
      const afterMain = () => {
        lies = true;
      };
      return {
        release: { version: '2.0.0', job: { during, afterMain } },
        cluster: (_, ask) => (lies ? status(403, { reason: text }) : ask()),
      };
    },
    shows: [/^##\[error\]CLUSTER_FORBIDDEN: .* found 403 HOSTILE # #vso/m],
  },
];

/** Makes the lock of the sample app somebody's who renews it now and never again. */
function hold({ sandbox: { state } }: Shop, record: string): void {
  state.apply({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'sample-app-canary',
      namespace: 'default',
      labels: { [releaseLabel]: 'sample-app' },
      annotations: { [recordAnnotation]: record },
    },
    spec: {
      holderIdentity: text,
      leaseDurationSeconds: 1,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    },
  });
}

/** That of a run which has made nothing yet but names what it would have made. */
function record(): string {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: text, namespace: 'default' };
  return JSON.stringify({
    version: 1,
    run: { id: text, title: text, url: text },
    state: 'running',
    phase: 'starting',
    weight: 0,
    startedAt: text,
    release: text,
    routes: [],
    canary: [ref],
    added: [],
    workloads: [],
    locks: [{ namespace: 'default', name: 'sample-app-canary' }],
  } satisfies ReleaseRecord);
}
