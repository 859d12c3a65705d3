import { readFile, stat } from 'node:fs/promises';

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
}

/** One request that the API server has heard. */
export interface AuditedRequest {
  readonly verb: string;
  /** What it was about: `deployments`, `services/proxy`, or the path where it was about no resource. */
  readonly what: string;
}

export interface TimedRequest extends AuditedRequest {
  /** When it came, and when it was answered, in milliseconds since the epoch. */
  readonly began: number;
  readonly ended: number;
}

/** Reads what one user asked of the API server out of its own audit log. */
export class AuditedRequests {
  #from = 0;

  constructor(private readonly path: string) {}

  /** From now on. */
  async skip(): Promise<void> {
    this.#from = (await stat(this.path)).size;
  }

  /** What this user asked since `skip`: each request once, though a watch is logged when it begins and when it ends. */
  async of(username: string): Promise<readonly TimedRequest[]> {
    const text = (await readFile(this.path)).subarray(this.#from).toString('utf8');
    const events = text
      .split('\n')
      .filter(line => line.endsWith('}'))
      .map(line => JSON.parse(line) as AuditEvent)
      .filter(({ user }) => user.username === username);
    return [...new Map(events.map(event => [event.auditID, event])).values()].map(asRequest);
  }
}

function asRequest(event: AuditEvent): TimedRequest {
  const { verb, requestURI, objectRef } = event;
  const { resource, subresource } = objectRef ?? {};
  const times = {
    began: Date.parse(event.requestReceivedTimestamp),
    ended: Date.parse(event.stageTimestamp),
  };
  if (resource === undefined) return { verb, what: requestURI.replace(/\?.*/, ''), ...times };
  return { verb, what: subresource === undefined ? resource : `${resource}/${subresource}`, ...times };
}

/**
 * How long a release that gives its lock back last has waited to see that all it deleted is really gone: from the last answer to a
 * deletion on. The kubectl recipe does not look.
 */
export function verifyingSeconds(requests: readonly TimedRequest[]): number {
  const lock = requests.find(({ verb, what }) => verb === 'delete' && what === 'leases');
  const deletions = requests.filter(({ verb, what }) => verb === 'delete' && what !== 'leases');
  if (lock === undefined || deletions.length === 0) return 0;
  return (lock.began - Math.max(...deletions.map(({ ended }) => ended))) / 1_000;
}

/** `get 12, list 10, patch 9`, the most frequent first. */
export function byVerb(requests: readonly AuditedRequest[]): string {
  return countedBy(requests, ({ verb }) => verb)
    .map(([verb, count]) => `${verb} ${count}`)
    .join(', ');
}

/** How many requests have each key, the most frequent first. */
export function countedBy(
  requests: readonly AuditedRequest[],
  keyOf: (request: AuditedRequest) => string,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(keyOf(request), (counts.get(keyOf(request)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
}
