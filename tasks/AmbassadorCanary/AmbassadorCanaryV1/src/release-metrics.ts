import { EmissaryMetrics } from './analysis/emissary-metrics.ts';
import { JoinedMetrics } from './analysis/joined-metrics.ts';
import { NoMetrics } from './analysis/no-metrics.ts';
import type { QueryNames } from './analysis/own-check-query.ts';
import { OwnChecks } from './analysis/own-checks.ts';
import type { Prometheus } from './analysis/query-result.ts';
import { settlingOf } from './analysis/split-check.ts';
import { WebhookClient } from './analysis/webhook.ts';
import type { Network } from './cluster/network.ts';
import { checkMetrics } from './prepare-release.ts';
import { type PrometheusTools, prometheusAt } from './prometheus-access.ts';
import { throwIfAny, toCanaryErrors } from './release/errors.ts';
import type { CanaryPlan, Plan, Route, WorkloadRelease } from './release/plan.ts';
import type { Clock, Metrics, Webhooks } from './release/ports.ts';

/**
 * Who answers the checks of a plan, asked whether it can. Warns of what they can't see. Rejects with all that stands against it, before
 * the first write.
 */
export async function metricsFor(
  plan: Plan,
  tools: PrometheusTools,
  warn: (text: string) => void,
): Promise<Metrics> {
  if (plan.kind !== 'canary' || plan.spec.prometheus === undefined) return new NoMetrics();
  const prometheus = prometheusAt(plan.spec.prometheus, tools);
  const own = ownChecksOf(plan, prometheus, tools.clock);
  const [builtIn, ...others] = await Promise.allSettled([
    builtInMetrics(plan, prometheus, tools.clock, warn),
    own.preflight(),
  ]);
  throwIfAny(
    [builtIn, ...others].flatMap(one => (one.status === 'rejected' ? toCanaryErrors(one.reason) : [])),
  );
  const metrics = builtIn.status === 'fulfilled' ? builtIn.value : new NoMetrics();
  return plan.spec.ownChecks.length === 0 ? metrics : new JoinedMetrics(metrics, own);
}

/** Where no built-in check is wanted Prometheus need not know Emissary. */
async function builtInMetrics(
  plan: CanaryPlan,
  prometheus: Prometheus,
  clock: Clock,
  warn: (text: string) => void,
): Promise<Metrics> {
  const { checks, grpc, metricLabels, minimumRequests, interval, steps } = plan.spec;
  const settling = settlingOf(steps);
  const asSaid = (route: Route) => (grpc === undefined ? route : { ...route, isGrpc: grpc });
  const [route, ...routes] = plan.routes.map(asSaid);
  if (checks.length === 0 || route === undefined) return new NoMetrics();
  const hasOwnChecks = plan.spec.ownChecks.some(({ dryRun }) => !dryRun);
  const rest = { hasOwnChecks, metricLabels, minimumRequests, interval, settling, clock };
  const metrics = new EmissaryMetrics(prometheus, { routes: [route, ...routes], checks, ...rest });
  for (const note of await checkMetrics(plan.spec, metrics)) warn(note);
  return metrics;
}

function ownChecksOf({ spec, workloads }: CanaryPlan, prometheus: Prometheus, clock: Clock): OwnChecks {
  const [first, ...rest] = workloads;
  return new OwnChecks(prometheus, {
    checks: spec.ownChecks,
    workloads: [namesOf(first), ...rest.map(namesOf)],
    interval: spec.interval,
    clock,
  });
}

/** Who calls the user's own servers; absent where nobody is to be called. A rejection has no plan, only what it is called. */
export function webhooksFor(
  { spec: { webhooks }, name, namespace, ...plan }: Plan | Pick<Plan, 'spec' | 'name' | 'namespace'>,
  clock: Clock,
  network: Network,
): { webhooks?: Webhooks } {
  if (webhooks.length === 0) return {};
  const workloads = 'workloads' in plan ? plan.workloads.map(namesOf) : [];
  const all = (key: keyof QueryNames) => workloads.map(names => names[key]).join(', ');
  const stable = workloads.length > 0 ? all('stable') : name;
  const names = { canary: all('canary'), stable, namespace, service: all('service') };
  // Who waits for a connection would seem not to answer in time.
  const agentFor = (url: URL) => network.agentFor(url, Number.POSITIVE_INFINITY);
  return { webhooks: new WebhookClient({ webhooks, names, clock, agentFor }) };
}

function namesOf({ stable, canary, services, sharing }: WorkloadRelease): QueryNames {
  return {
    canary: canary.metadata.name,
    stable: stable.name,
    namespace: stable.namespace ?? 'default',
    service: services[0]?.metadata.name ?? sharing?.services[0].name ?? canary.metadata.name,
  };
}
