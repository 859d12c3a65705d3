import { EmissaryMetrics } from './analysis/emissary-metrics.ts';
import { NoMetrics } from './analysis/no-metrics.ts';
import { checkMetrics } from './prepare-release.ts';
import { type PrometheusTools, prometheusAt } from './prometheus-access.ts';
import type { Plan } from './release/plan.ts';
import type { Metrics } from './release/ports.ts';

/** Who answers the checks of a plan, asked whether it can. Rejects with all that stands against it, before the first write. */
export async function metricsFor(plan: Plan, tools: PrometheusTools): Promise<Metrics> {
  if (plan.kind !== 'canary' || plan.spec.prometheus === undefined) return new NoMetrics();
  const { checks, metricLabels, minimumRequests } = plan.spec;
  const options = { routes: plan.routes, checks, metricLabels, minimumRequests, clock: tools.clock };
  const metrics = new EmissaryMetrics(prometheusAt(plan.spec.prometheus, tools), options);
  await checkMetrics(plan.spec, metrics);
  return metrics;
}
