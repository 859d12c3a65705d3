/**
 * How often a release of a canary that is no worse may be taken back by chance: in fewer than one of a hundred (DESIGN, promise 7). It is
 * split over all that may raise an alarm, so that their sum keeps to it (Bonferroni): over the kinds of checks here, then over the
 * workloads, and for a limit over the checks of that kind and the steps.
 */
const budget = { errors: 0.006, slowness: 0.002, limits: 0.002 };

export interface BudgetShare {
  readonly workloads: number;
}

/** The false alarms that the comparison of one workload may raise in a release. */
export function comparisonBudget(of: 'errors' | 'slowness', { workloads }: BudgetShare): number {
  return budget[of] / workloads;
}

/**
 * The false alarms that one limit of one workload may raise in a step, counted from 0. Each step gets half of what the one before got, so
 * that all of them keep to the budget however many there are; later steps have more requests to be sure with.
 */
export function limitBudget(
  step: number,
  { workloads, limits }: BudgetShare & { readonly limits: number },
): number {
  return budget.limits / workloads / limits / 2 ** (step + 1);
}
