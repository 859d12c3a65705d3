import type { Store } from './api-server/store.ts';
import { Emissary } from './emissary.ts';
import type { UserRequest } from './envoy-router.ts';
import type { Reading } from './envoy-stats.ts';

export interface TrafficOptions {
  readonly store: Store;
  readonly requestsPerSecond: number;
  readonly random: () => number;
  /** What all users ask for; what is left out is a GET of `/` at `shop.example.com`. */
  readonly request?: Partial<UserRequest>;
  /**
   * Where users are that know no Emissary: in the cluster, and they ask this Service (`sample-app.default`, port 80). As with kube-proxy
   * each request, on a connection of its own, goes to any of the ready pods.
   */
  readonly service?: { readonly host: string; readonly port: number };
  /** How many Emissary pods share the requests. */
  readonly emissaryPods: number;
}

/** What users have seen of one version. */
export interface VersionBook {
  requests: number;
  /** Answered with 5xx, or 404 where there was no route. */
  failed: number;
}

const tickMs = 100;

/** In the books: requests that no pod got, and those that no route took. */
export const noPod = 'no pod';
export const noRoute = 'no route';

/**
 * Users who ask all the time: each request is routed as Emissary would, answered as the pod's environment says, and counted. No
 * sockets; the same seed gives the same answers.
 */
export class Traffic {
  requestsPerSecond: number;
  readonly #options: TrafficOptions;
  readonly #request: UserRequest;
  readonly #emissary: Emissary;
  readonly #books = new Map<string, VersionBook>();
  #due = 0;
  /** Until when users have asked, in milliseconds since the epoch. */
  #reached = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.requestsPerSecond = options.requestsPerSecond;
    this.#request = { host: 'shop.example.com', path: '/', method: 'GET', headers: {}, ...options.request };
    this.#emissary = new Emissary(options.store, options.emissaryPods);
  }

  /** Sends requests as time passes, until `stop`. */
  start(): void {
    this.#reached = Date.now();
    this.#timer = setInterval(() => this.advanceTo(Date.now()), tickMs);
  }

  /** Sends what users have sent until a time (milliseconds since the epoch), where that is not done yet. */
  advanceTo(time: number): void {
    if (time <= this.#reached) return;
    this.advance(time - this.#reached);
    this.#reached = time;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#emissary.stop();
  }

  /** Sends what users send in so many milliseconds. */
  advance(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left -= tickMs) {
      const passed = Math.min(left, tickMs);
      this.#emissary.pass(passed);
      this.#due += (this.requestsPerSecond * passed) / 1000;
      for (; this.#due >= 1; this.#due--) this.#send();
    }
  }

  /** What users have seen so far, by the version that answered. */
  get books(): ReadonlyMap<string, Readonly<VersionBook>> {
    return this.#books;
  }

  /** All series of one Emissary pod. */
  readings(emissaryPod: number): Reading[] {
    return this.#emissary.readings(emissaryPod);
  }

  /** A part of Emissary's diagnostics. */
  diagnostics(filter: string | null): object {
    return this.#emissary.diagnostics(filter);
  }

  #send(): void {
    const { random, emissaryPods, service } = this.#options;
    if (service !== undefined) {
      this.#sendTo(service);
      return;
    }
    const envoy = Math.floor(random() * emissaryPods);
    const upstream = this.#emissary.upstreamOf(this.#request, random() * 100);
    if (!upstream) {
      this.#note(noRoute, true);
      return;
    }
    const { cluster, timeoutMs } = upstream;
    const pods = this.#emissary.podsOf(cluster);
    const pod = pods[Math.floor(random() * pods.length)];
    if (!pod || !this.#emissary.isUp(pod)) {
      this.#emissary.count(envoy, cluster, { code: 503 });
      this.#note(noPod, true);
      return;
    }
    // An answer takes some milliseconds more than the app is told to take, and never the same.
    const milliseconds = pod.delayMs * (0.95 + 0.1 * random()) + 1 + 4 * random() ** 2;
    const code = random() * 100 < pod.successPercent ? 200 : 500;
    const isLate = milliseconds > timeoutMs;
    this.#emissary.count(envoy, cluster, isLate ? { code: 504, pod } : { code, milliseconds, pod });
    this.#note(pod.version, isLate || code === 500);
  }

  #sendTo(service: { readonly host: string; readonly port: number }): void {
    const { random } = this.#options;
    const pods = this.#emissary.podsOf(service);
    const pod = pods[Math.floor(random() * pods.length)];
    if (!pod || !this.#emissary.isUp(pod)) this.#note(noPod, true);
    else this.#note(pod.version, random() * 100 >= pod.successPercent);
  }

  #note(version: string, failed: boolean): void {
    const book = this.#books.get(version) ?? { requests: 0, failed: 0 };
    this.#books.set(version, book);
    book.requests++;
    if (failed) book.failed++;
  }
}
