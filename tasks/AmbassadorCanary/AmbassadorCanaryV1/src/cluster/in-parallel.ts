/** How many requests of one kind are under way at once: enough to hide latency, too few to trouble an API server. */
const width = 8;

/** Does the work for every item, a few at a time. Rejects with the first error, once no work is under way any more. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (const item of queue) await work(item);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
