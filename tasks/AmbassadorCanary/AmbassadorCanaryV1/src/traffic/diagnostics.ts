import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { ObjectRef } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import type { RouteRefs } from '../release/record.ts';
import { within } from '../release/within.ts';
import { readErrors, readRouteTable, type Standing, standingOf } from './route-table.ts';

/** An Emissary that may be asked for its diagnostics. */
export interface DiagnosticsSource {
  /** For people: `emissary/emissary-ingress-admin:8877 through the API server`. */
  readonly address: string;
  /** What it answers, whatever that is. Rejects with a `CanaryError`. */
  get(
    filter: 'route_info' | 'errors',
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }>;
}

/** What one question brought: where each twin stands, in the order of the routes, or why nobody knows. */
export type Diagnosis =
  | { readonly kind: 'known'; readonly standings: readonly Standing[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Emissary's own account of its routes. The answer is that of one of its pods, whichever the Service chose. */
export class Diagnostics {
  constructor(
    private readonly source: DiagnosticsSource,
    private readonly clock: Clock,
    /** Diagnostics are made when they are asked for, and with thousands of Mappings that takes its time. */
    private readonly patience: Duration,
  ) {}

  get address(): string {
    return this.source.address;
  }

  /** Never rejects. */
  async look(routes: readonly RouteTwin[]): Promise<Diagnosis> {
    const answer = await this.#ask('route_info');
    if ('why' in answer) return { kind: 'unknown', ...answer };
    const groups = readRouteTable(answer.text);
    if (groups === undefined) return { kind: 'unknown', why: 'what it answers are no diagnostics' };
    return { kind: 'known', standings: routes.map(route => standingOf(groups, route)) };
  }

  /** Emissary's errors about these Mappings; none where it can't be asked. Never rejects. */
  async errorsOf(mappings: readonly ObjectRef[]): Promise<readonly string[]> {
    const answer = await this.#ask('errors');
    return 'why' in answer ? [] : readErrors(answer.text, mappings);
  }

  async #ask(filter: 'route_info' | 'errors'): Promise<{ readonly text: string } | { readonly why: string }> {
    const over = new AbortController();
    try {
      const answer = await within(this.clock, this.patience, this.source.get(filter, over.signal));
      if (answer === undefined) return { why: `no answer within ${this.patience}` };
      const { status, text } = answer;
      if (status === 200) return { text };
      // Emissary says 404 where its Module turns them off for all but its own pod.
      return {
        why: status === 404 ? '404: turned off (`diagnostics` of its Module)' : `it answers ${status}`,
      };
    } catch (thrown) {
      return { why: whyNot(thrown) };
    } finally {
      over.abort();
    }
  }
}

/** A stable Mapping and its twin. */
export type RouteTwin = RouteRefs & Required<Pick<RouteRefs, 'stable'>>;

function whyNot(thrown: unknown): string {
  if (!(thrown instanceof CanaryError)) return String(thrown);
  if (thrown.code === 'CLUSTER_FORBIDDEN') return 'may not be asked: get of services/proxy is missing';
  return thrown.found ?? thrown.message;
}
