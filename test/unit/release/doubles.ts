import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import {
  asRecord,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type {
  CanaryPlan,
  Route,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { versionOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/pod-template.ts';
import type {
  Clock,
  Cluster,
  DeleteWishes,
  Footing,
  Lock,
  Metrics,
  PatchOperation,
  Pipeline,
  Ports,
  Router,
  TroubleOptions,
  WaitOptions,
  WriteOptions,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import type { ReleaseRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type {
  Measurement,
  RequestCount,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';

/** Time that passes only while everybody sleeps, and then at once to the next who wakes. */
export class VirtualClock implements Clock {
  time = 0;
  /** Called whenever time has passed, so that a test can let things happen at a time. */
  onSleep: (now: number) => void = () => {};
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.time;
  }

  async sleep(time: Duration, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>(resolve => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.time + time.milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
      setImmediate(() => this.#pass());
    });
  }

  #pass(): void {
    const next = [...this.#sleepers].sort((a, b) => a.until - b.until)[0];
    if (next === undefined) return;
    this.time = Math.max(this.time, next.until);
    this.onSleep(this.time);
    next.wake();
  }
}

/** Keeps objects and the order of all writes. */
export class MemoryCluster implements Cluster {
  readonly objects = new Map<string, KubeObject>();
  readonly writes: string[] = [];
  /** Names of workloads that never get ready. */
  readonly neverReady = new Set<string>();
  /** Names of what was deleted and awaited until it was gone. */
  readonly awaitedGone: string[] = [];
  /** Called before each write; may throw. */
  beforeWrite: (write: string) => void = () => {};
  #version = 0;

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.objects.get(nameOf(ref));
  }

  async apply(object: KubeObject, { dryRun = false }: WriteOptions = {}): Promise<KubeObject> {
    if (dryRun) return object;
    this.#write(`apply ${nameOf(refOf(object))}`);
    return this.#store({
      ...object,
      metadata: {
        ...object.metadata,
        managedFields: [{ manager: 'ambassador-canary', operation: 'Apply' }],
      },
    });
  }

  async patch(ref: ObjectRef, operations: readonly PatchOperation[]): Promise<KubeObject> {
    const changes = operations.filter(({ op }) => op !== 'test');
    this.#write(
      `patch ${nameOf(ref)} ${changes.map(change => `${change.path}=${'value' in change ? JSON.stringify(change.value) : ''}`)}`,
    );
    let object = this.objects.get(nameOf(ref));
    if (object === undefined) throw new CanaryError('CLUSTER_REFUSED', `${nameOf(ref)} not found`);
    for (const operation of operations) {
      const unescaped = (field: string) => field.replaceAll('~1', '/').replaceAll('~0', '~');
      const path = operation.path.split('/').slice(1).map(unescaped);
      if (operation.op === 'test') {
        if (path.reduce<unknown>((value, field) => asRecord(value)?.[field], object) !== operation.value) {
          throw new CanaryError('CLUSTER_CONFLICT', 'the test failed');
        }
      } else {
        object = setAt(object, path, 'value' in operation ? operation.value : undefined) as KubeObject;
      }
    }
    return this.#store(object);
  }

  async delete(ref: ObjectRef, { gone, uid }: DeleteWishes = {}): Promise<boolean> {
    const found = this.objects.get(nameOf(ref));
    if (uid !== undefined && found !== undefined && found.metadata.uid !== uid) {
      throw new CanaryError('CLUSTER_CONFLICT', 'the precondition does not match');
    }
    if (gone !== undefined) this.awaitedGone.push(nameOf(ref));
    this.#write(`delete ${nameOf(ref)}`);
    return this.objects.delete(nameOf(ref));
  }

  /** What the cluster says that this process has made. */
  readonly made = new Map<string, string>();

  uidOfMade(ref: ObjectRef): string | undefined {
    return this.made.get(nameOf(ref));
  }

  async awaitReady(workloads: readonly ObjectRef[], options: WaitOptions): Promise<void> {
    for (const ref of workloads) {
      if (!this.neverReady.has(ref.name)) continue;
      options.onProgress?.(`${ref.name}: 0 pods ready`);
      throw new CanaryError('ROLLOUT_NOT_READY', `${nameOf(ref)} did not get ready`);
    }
  }

  /** Pod templates that workloads have had, by their names and the digests that records know them by. */
  readonly former = new Map<string, unknown>();

  async formerTemplate({ metadata }: KubeObject, digest: string): Promise<unknown> {
    return this.former.get(`${metadata.name} ${digest}`);
  }

  /** Called by a test when the canary's pods are to break. */
  breakPods: (sign: string) => void = () => {};

  awaitTrouble(_: readonly KubeObject[], { signal }: TroubleOptions): Promise<string | undefined> {
    return new Promise(resolve => {
      this.breakPods = resolve;
      signal.addEventListener('abort', () => resolve(undefined));
    });
  }

  /** Shows the footing an object as somebody else makes it, or (undefined) without it; called by a test. */
  show: (name: string, live: KubeObject | undefined) => void = () => {};

  awaitDrift(footing: readonly Footing[], { signal }: TroubleOptions): Promise<string | undefined> {
    return new Promise(resolve => {
      this.show = (name, live) => {
        for (const { ref, check } of footing) {
          const sign = nameOf(ref) === name ? check(live) : undefined;
          if (sign !== undefined) resolve(sign);
        }
      };
      signal.addEventListener('abort', () => resolve(undefined));
    });
  }

  #write(write: string): void {
    this.beforeWrite(write);
    this.writes.push(write);
  }

  #store(object: KubeObject): KubeObject {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.objects.set(nameOf(refOf(object)), stored);
    return stored;
  }
}

function setAt(value: unknown, path: readonly string[], to: unknown): unknown {
  const [field, ...rest] = path;
  if (field === undefined) return to;
  const { [field]: now, ...others } = asRecord(value) ?? {};
  const changed = setAt(now, rest, to);
  return changed === undefined ? others : { ...others, [field]: changed };
}

/** Remembers every weight, and fails to stop where a test wants it. */
export class MemoryRouter implements Router {
  readonly calls: string[] = [];
  /** The routes that there are. */
  readonly opened: ObjectRef[] = [];
  stopFails = false;

  async open(): Promise<void> {
    this.calls.push('open');
    this.opened.push(refOf(twin));
  }

  /** What the routes have that another process opened. */
  weight = Weight.zero;

  async rejoin(): Promise<Weight> {
    this.calls.push('rejoin');
    this.opened.push(refOf(twin));
    return this.weight;
  }

  async setWeight(weight: Weight): Promise<void> {
    this.weight = weight;
    this.calls.push(`weight ${weight.percent}`);
  }

  footing(): readonly Footing[] {
    return [];
  }

  async stop(): Promise<void> {
    if (this.stopFails) throw new CanaryError('CLUSTER_UNREACHABLE', 'no answer');
    this.calls.push('stop');
  }

  async close(): Promise<readonly ObjectRef[]> {
    this.calls.push('close');
    return this.opened.splice(0);
  }
}

/** Answers round by round from a script; the last answer is repeated. */
export class ScriptedMetrics implements Metrics {
  rounds: readonly (readonly Measurement[])[] = [[passing]];
  windows = 0;
  #asked = 0;

  /** What it was told to go on with. */
  wentOn: readonly [evidence: string | undefined, windows: number] | undefined;

  async startWindow(): Promise<void> {
    this.windows += 1;
  }

  evidence(): string {
    return `of ${this.windows} windows`;
  }

  goOnWith(evidence: string | undefined, windows: number): boolean {
    this.wentOn = [evidence, windows];
    return evidence !== undefined;
  }

  async measure(): Promise<readonly Measurement[]> {
    const round = this.rounds[Math.min(this.#asked, this.rounds.length - 1)] ?? [];
    this.#asked += 1;
    return round;
  }

  async total(): Promise<RequestCount> {
    return { requests: 1234, failed: 5 };
  }

  async isIdle(): Promise<boolean> {
    return true;
  }
}

export const passing: Measurement = {
  check: 'success-rate',
  verdict: 'pass',
  value: '99.9 %',
  limit: '≥ 99 %',
  requests: 1000,
  failed: 1,
  actsAtOnce: true,
};
export const failing: Measurement = { ...passing, verdict: 'fail', value: '80 %', failed: 200 };
export const unclear: Measurement = {
  ...passing,
  verdict: 'inconclusive',
  value: 'no requests',
  requests: 0,
};
export const unasked: Measurement = { ...passing, verdict: 'error', value: 'no answer' };

export class MemoryLock implements Lock {
  readonly records: ReleaseRecord[] = [];
  readonly #loss = new AbortController();
  readonly lost = this.#loss.signal;
  released = false;
  left: ReleaseRecord | undefined;

  async take(record: ReleaseRecord): Promise<undefined> {
    this.records.push(record);
  }

  async write(record: ReleaseRecord): Promise<void> {
    this.records.push(record);
  }

  /** What the next write is to say. */
  later: ReleaseRecord | undefined;

  writeLater(record: ReleaseRecord): void {
    this.later = record;
  }

  async release(): Promise<void> {
    this.released = true;
  }

  async leave(record: ReleaseRecord): Promise<void> {
    this.records.push(record);
    this.left = record;
  }

  lose(): void {
    this.#loss.abort();
  }
}

export class MemoryPipeline implements Pipeline {
  readonly events: ReleaseEvent[] = [];
  readonly #cancel = new AbortController();
  readonly cancelled = this.#cancel.signal;
  armed: ReleaseRecord | undefined;

  tell(event: ReleaseEvent): void {
    this.events.push(event);
  }

  arm(record: ReleaseRecord | undefined): void {
    this.armed = record;
  }

  cancel(): void {
    this.#cancel.abort();
  }
}

export interface Doubles extends Ports {
  readonly cluster: MemoryCluster;
  readonly router: MemoryRouter;
  readonly metrics: ScriptedMetrics;
  readonly lock: MemoryLock;
  readonly pipeline: MemoryPipeline;
  readonly clock: VirtualClock;
}

export function doubles(): Doubles {
  return {
    cluster: new MemoryCluster(),
    router: new MemoryRouter(),
    metrics: new ScriptedMetrics(),
    lock: new MemoryLock(),
    pipeline: new MemoryPipeline(),
    clock: new VirtualClock(),
  };
}

export const spec: ReleaseSpec = {
  action: 'run',
  manifests: ['app.yaml'],
  images: [],
  trafficSplit: { method: 'ambassador' },
  steps: [10, 50].map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(5) })),
  canaryReplicas: 'auto',
  keepStableCapacity: true,
  checks: [{ kind: 'success-rate', minimumPercent: 99 }],
  ownChecks: [],
  webhooks: [],
  prometheus: { kind: 'url', url: 'http://prometheus' },
  metricLabels: '',
  interval: Duration.seconds(30),
  failureThreshold: 2,
  minimumRequests: 50,
  onInconclusive: 'extend',
  extendFactor: 2,
  consecutiveErrorLimit: 5,
  onFailure: 'rollback',
  rolloutTimeout: Duration.minutes(10),
  drain: Duration.seconds(30),
  lockTimeout: Duration.zero,
};

export function deployment(name: string, image: string, extra: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 4, template: { spec: { containers: [{ name: 'app', image }] } }, ...extra },
  };
}

const ours = { 'ambassador-canary/release': 'web' };
const twin: KubeObject = {
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name: 'web-canary', namespace: 'shop', labels: ours },
  spec: { prefix: '/', service: 'web-canary', weight: 0 },
};
const canary = deployment('web-canary', 'app:2');

/** A plan with a route. */
export interface RoutedPlan extends CanaryPlan {
  readonly routes: readonly [Route, ...Route[]];
}

export function canaryPlan(changes: Partial<RoutedPlan> = {}): RoutedPlan {
  return {
    kind: 'canary',
    spec,
    name: 'web',
    namespace: 'shop',
    notes: [],
    remarks: [],
    workloads: [
      {
        stable: refOf(deployment('web', 'app:1')),
        ran: versionOf(deployment('web', 'app:1')),
        ranDigest: '0123456789abcdef',
        stableReplicas: 4,
        canary: { ...canary, metadata: { ...canary.metadata, labels: ours } },
        services: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'web-canary', namespace: 'shop', labels: ours },
            spec: {},
          },
        ],
        renames: [],
        promoted: deployment('web', 'app:2'),
        rolloutTakesAllPods: false,
        changesBesidesTemplate: false,
      },
    ],
    routes: [
      {
        stable: { ...refOf(twin), name: 'web' },
        twin,
        stableService: 'web',
        workload: 'web',
        statNames: [{ stable: 'web_shop', canary: 'web_canary_shop' }],
      },
    ],
    additions: [],
    newWorkloads: [],
    surroundings: [],
    configuration: [],
    capacity: [],
    workers: [],
    rest: [],
    ...changes,
  };
}
