import { Duration } from '../release/duration.ts';
import { type KubeObject, type ObjectRef, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import type { LeaseName, ReleaseRecord, RunIdentity } from '../release/record.ts';
import { type LeaseWords, pointerAnnotation, recordAnnotation, wordsOf } from './lease-words.ts';
import { type RecordPointer, readPointer } from './read-pointer.ts';
import { readRecord } from './read-record.ts';
import { unpacked } from './record-text.ts';

/** What a Lease says. */
export interface LeaseState {
  /** It carries our label. */
  readonly isOurs: boolean;
  /** Absent: nobody holds it. */
  readonly holder?: string;
  /** Without a renewal for this long, its holder is dead. */
  readonly duration: Duration;
  /** Absent where there is none that can be read. */
  readonly record?: ReleaseRecord;
  /** Where the record is instead. Absent where it is here, and where nobody can read where. */
  readonly pointer?: RecordPointer;
  /** Which run it is of, as far as that can be read. */
  readonly run?: RunIdentity;
  /** Whose it is, for people: the run's title and address, else the bare identity. */
  readonly owner: string;
}

/** Who holds a Lease from now on, and what for. */
export interface Holding {
  readonly holder: string;
  readonly duration: Duration;
  /** The value of our label. */
  readonly release: string;
  /** Absent: it goes on saying what it says. */
  readonly words?: LeaseWords;
  /** Milliseconds since the epoch. For people only: liveness is judged by renewals seen, not by clocks. */
  readonly now: number;
}

/** However long a stranger says that its lease lasts, nobody waits for longer than this. */
const longestDuration = Duration.minutes(1);
const usualDuration = Duration.seconds(30);

export function leaseRef({ namespace, name }: LeaseName): ObjectRef {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name, namespace };
}

export function readLease(lease: KubeObject): LeaseState {
  const holder = valueAt(lease, 'spec', 'holderIdentity');
  const seconds = valueAt(lease, 'spec', 'leaseDurationSeconds');
  const told = typeof seconds === 'number' && seconds > 0 ? Duration.seconds(seconds) : usualDuration;
  const words = wordsOf(lease);
  const record = readRecord(unpacked(words[recordAnnotation] ?? '') ?? '');
  const pointer = record === undefined ? readPointer(words[pointerAnnotation] ?? '') : undefined;
  const run = record?.run ?? pointer?.run;
  const { title, url } = run ?? { title: typeof holder === 'string' ? holder : 'nobody', url: undefined };
  return {
    isOurs: lease.metadata.labels?.[releaseLabel] !== undefined,
    ...(typeof holder === 'string' && holder !== '' && { holder }),
    duration: longestDuration.isShorterThan(told) ? longestDuration : told,
    ...(record !== undefined && { record }),
    ...(pointer !== undefined && { pointer }),
    ...(run !== undefined && { run }),
    owner: url === undefined ? title : `${title} (${url})`,
  };
}

/** A Lease where there is none. */
export function newLease(place: LeaseName, holding: Holding): KubeObject {
  const { apiVersion, kind, name } = leaseRef(place);
  return held({ apiVersion, kind, metadata: { name, namespace: place.namespace } }, holding, {
    acquireTime: microTime(holding.now),
    leaseTransitions: 0,
  });
}

/** A Lease that somebody else held. */
export function takenLease(lease: KubeObject, holding: Holding): KubeObject {
  const transitions = valueAt(lease, 'spec', 'leaseTransitions');
  return held(lease, holding, {
    acquireTime: microTime(holding.now),
    leaseTransitions: (typeof transitions === 'number' ? transitions : 0) + 1,
  });
}

/** A Lease that we hold already, renewed. */
export function renewedLease(lease: KubeObject, holding: Holding): KubeObject {
  return held(lease, holding, {});
}

/** A Lease that we held, which nobody holds from now on: what it says is for whoever comes next. */
export function leftLease(lease: KubeObject, holding: Holding): KubeObject {
  return held(lease, holding, { holderIdentity: undefined });
}

/**
 * Keeps resourceVersion and uid, so that the API server takes it only if nothing has happened since. The uid is needed as
 * well: putting a Lease that no longer exists would make a new one, whatever its resourceVersion (tried on 1.35).
 */
function held(lease: KubeObject, holding: Holding, spec: Readonly<Record<string, unknown>>): KubeObject {
  const { managedFields: _, annotations = {}, ...metadata } = lease.metadata;
  const { [recordAnnotation]: __, [pointerAnnotation]: ___, ...others } = annotations;
  return {
    ...lease,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [releaseLabel]: labelValue(holding.release) },
      annotations: { ...others, ...(holding.words ?? wordsOf(lease)) },
    },
    spec: {
      ...(lease.spec as object | undefined),
      holderIdentity: holding.holder,
      leaseDurationSeconds: Math.max(1, Math.round(holding.duration.seconds)),
      renewTime: microTime(holding.now),
      ...spec,
    },
  };
}

/** That the label is there says that the Lease is ours; its value is for people, so what labels can't hold is left out. */
function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** The API server insists on six decimals. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
