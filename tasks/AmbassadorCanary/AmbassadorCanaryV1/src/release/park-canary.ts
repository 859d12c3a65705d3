import type { Ending } from './outcome.ts';
import type { ReleaseContext } from './release-context.ts';

/**
 * Leaves the canary at the weight that it has, for `promote`, `reject` or more weights of another job: the record stays and says
 * so, nobody holds the lock, and the guard leaves it alone.
 */
export async function parkCanary(context: ReleaseContext): Promise<Ending> {
  const { plan, ports, record } = context;
  const { name, spec } = plan;
  const { unverified = [] } = record;
  const reason = `${name} passed ${spec.steps.map(({ weight }) => weight).join(', ')}, and its canary stays at ${record.weight} %`;
  const ending: Ending = { outcome: 'live', reason, weight: record.weight, leftovers: unverified };
  const ended = { outcome: ending.outcome, reason };
  await context.while(ports.lock.leave({ ...record, state: 'parked', ended }));
  ports.pipeline.arm(undefined);
  context.tell({ type: 'notice', text: whatNext(record.weight) });
  return ending;
}

function whatNext(weight: number): string {
  const more = weight < 100 ? '`action: deploy` with a higher weight goes on, ' : '';
  return `Nobody watches the canary from here on. Next, with the same manifests and images: ${more}\`action: promote\` makes it stable, \`action: reject\` takes it back`;
}
