import { setTimeout as pass } from 'node:timers/promises';
import type { Collection } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/collection.ts';
import { openConnection } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { KubeApi } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import { KubeCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-cluster.ts';
import {
  conditionOf,
  judgeRollout,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/readiness.ts';
import { HistoryGone } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/watch-event.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type {
  KubeObject,
  ObjectRef,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { SystemClock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { Recorder } from './recorder.ts';

export interface Server {
  readonly server: string;
  /** Base64 of PEM. */
  readonly caData: string;
  /** Makes it forget what happened so far, as far as it does not of its own. */
  readonly forget: () => void;
}

const waitMs = 20_000;
const quietMs = 300;

/** One of the two API servers, as the bundle asks it. */
export class Side {
  static readonly clock = new SystemClock();
  readonly api: KubeApi;
  readonly cluster: KubeCluster;

  private constructor(
    readonly recorder: Recorder,
    private readonly others: Readonly<Record<string, Side>>,
    readonly forget: () => void,
  ) {
    this.api = new KubeApi(recorder);
    this.cluster = new KubeCluster(this.api, Side.clock);
  }

  /** `tokens` by user; `admin` is the one who asks where nobody is named. */
  static async open(
    { server, caData, forget }: Server,
    tokens: Readonly<Record<string, string>>,
  ): Promise<Side> {
    const as = async (token: string, others: Readonly<Record<string, Side>>) => {
      const spec = { kind: 'token', server, token, caData, acceptUntrustedCerts: false } as const;
      const tools = { registerSecret: () => {}, now: () => Side.clock.now() };
      const recorder = new Recorder(await openConnection(spec, tools), {
        clock: Side.clock,
        version: '0.0.0',
      });
      return new Side(recorder, others, forget);
    };
    const { admin = '', ...rest } = tokens;
    const others: Record<string, Side> = {};
    for (const [name, token] of Object.entries(rest)) others[name] = await as(token, {});
    return as(admin, others);
  }

  /** The same server, asked with another token. */
  as(user: string): Side {
    const other = this.others[user];
    if (other === undefined) throw new Error(`nobody is ${user}`);
    return other;
  }

  /** All that was recorded since the last call, whoever asked. */
  takeRecord() {
    return [this, ...Object.values(this.others)].flatMap(({ recorder }) => recorder.exchanges.splice(0));
  }

  /** What comes of something that may be refused: a refusal is on record, and gives nothing. */
  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof CanaryError && error.code !== 'INTERNAL') return undefined;
      throw error;
    }
  }

  /** Watches while something is done, until so many events were told or the server says that it can't know. */
  async watched(
    collection: Collection,
    resourceVersion: string,
    events: number,
    work: () => Promise<void>,
  ): Promise<void> {
    const stop = AbortSignal.timeout(waitMs);
    const opened = this.recorder.nextOpened();
    const watch = this.api.watch(collection, resourceVersion, stop);
    const seen = (async () => {
      for (let told = 0; told < events; told++) if ((await watch.next()).done) break;
      await watch.return();
    })();
    const results = await Promise.allSettled([opened.then(work), seen]);
    for (const result of results) {
      if (result.status === 'rejected' && !(result.reason instanceof HistoryGone)) throw result.reason;
    }
  }

  /** Waits, unrecorded, until the object is as wanted. */
  async until(ref: ObjectRef, holds: (object: KubeObject | undefined) => boolean): Promise<void> {
    await this.recorder.unheard(async () => {
      for (const last = Date.now() + waitMs; Date.now() < last; await pass(20)) {
        if (holds(await this.api.get(ref))) return;
      }
      throw new Error(`${ref.kind} ${ref.name} does not get to what it should be`);
    });
  }

  /** Waits until the controllers have nothing more to do to a Deployment: its pods are ready, and nothing more was written for a while. */
  async settled(ref: ObjectRef): Promise<void> {
    let version: string | undefined;
    let since = 0;
    await this.until(ref, object => {
      if (object?.metadata.resourceVersion !== version) since = Date.now();
      version = object?.metadata.resourceVersion;
      const progress = object && conditionOf(object, 'Progressing');
      const isReady = object !== undefined && judgeRollout(object).state === 'ready';
      return isReady && progress?.reason === 'NewReplicaSetAvailable' && Date.now() - since >= quietMs;
    });
  }

  close(): void {
    for (const { recorder } of [this, ...Object.values(this.others)]) recorder.close();
  }
}
