import type { Check } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import { counterOf } from './checks.ts';
import type { NamedRoute } from './preflight.ts';

/** What to do where nobody counts gRPC errors. */
const wayOut =
  "set `grpc_stats` in Emissary's Module, add a check of your own, or say `grpc: false` if it is none";

/** The sentence for workloads of which gRPC errors are not counted; `undefined` where there is none. */
export function uncountedNote(
  routes: readonly NamedRoute[],
  checks: readonly Check[],
  hasOwnChecks: boolean,
): string | undefined {
  const workloads = new Set(routes.filter(isUncounted).map(({ workload }) => workload));
  if (workloads.size === 0 || !checks.some(isOfErrors)) return undefined;
  const names = [...workloads].join(', ');
  return hasOwnChecks
    ? `${names} speaks gRPC, whose errors are HTTP 200 and not counted by Emissary: they are left to your own checks`
    : `${names} speaks gRPC, whose errors are HTTP 200 and not counted by Emissary: no step can be passed with these checks; ${wayOut}`;
}

/**
 * The answer to a check on errors where gRPC's are not counted. What HTTP says is bad is bad; what it finds good proves nothing, unless
 * the user's own checks look (DESIGN, `grpc`).
 */
export function withoutGrpcErrors(
  check: Check,
  measurement: Measurement,
  routes: readonly NamedRoute[],
  hasOwnChecks: boolean,
): Measurement {
  if (!isOfErrors(check) || !routes.some(isUncounted) || measurement.verdict !== 'pass') return measurement;
  const { detail } = measurement;
  const also = detail === undefined ? '' : `${detail}; `;
  return hasOwnChecks
    ? { ...measurement, detail: `${also}gRPC errors are not among them, and left to your own checks` }
    : {
        ...measurement,
        verdict: 'inconclusive',
        detail: `gRPC errors are HTTP 200 and not counted: ${wayOut}`,
      };
}

function isOfErrors(check: Check): boolean {
  return counterOf(check) === 'requests';
}

function isUncounted({ calls }: NamedRoute): boolean {
  return calls === 'uncounted';
}
