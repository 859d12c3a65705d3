import { toCanaryErrors } from '../release/errors.ts';
import type { Check } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import { answerCheck, type Gains, type Terms, unanswered } from './checks.ts';
import type { CounterFeed, Reading } from './counter-feed.ts';
import type { NamedRoute } from './preflight.ts';

/** What came of asking for counters: a reading, or why there is none. */
export type Attempt =
  | { readonly kind: 'read'; readonly reading: Reading }
  | { readonly kind: 'failed'; readonly thrown: unknown };

/** Reads the counters. Never rejects. */
export async function attempt(feed: CounterFeed): Promise<Attempt> {
  try {
    return { kind: 'read', reading: await feed.read() };
  } catch (thrown) {
    return { kind: 'failed', thrown };
  }
}

/** Answers a check for the workload of these routes; where the counters could not be read, or are old, says so. */
export function answerReading(
  check: Check,
  asked: Attempt | undefined,
  routes: readonly NamedRoute[],
  terms: Terms,
): Measurement {
  if (asked?.kind !== 'read') return failed(check, asked?.thrown);
  const { reading } = asked;
  if (reading.silentFor !== undefined) {
    const silence = `Prometheus got no new sample of Emissary for ${Math.round(reading.silentFor.seconds)} s`;
    return unanswered(check, `${silence}: is it still scraped?`);
  }
  const measurement = answerCheck(check, gainsOf(reading, routes), terms);
  const isWaiting = measurement.verdict === 'inconclusive' && measurement.requests === 0;
  const detail = isWaiting ? waitingFor(reading) : undefined;
  if (detail === undefined) return measurement;
  // There may well have been requests; nobody has told us.
  const { requests: _, failed: __, ...unknown } = measurement;
  return { ...unknown, value: 'no data', detail };
}

function gainsOf({ counts }: Reading, routes: readonly NamedRoute[]): Gains {
  const of = (names: readonly string[]) =>
    counts.filter(({ labels }) => names.includes(labels.envoy_cluster_name ?? ''));
  return {
    canary: of(routes.map(({ canary }) => canary)),
    stable: of(routes.map(({ stable }) => stable)),
  };
}

function failed(check: Check, thrown: unknown): Measurement {
  return unanswered(
    check,
    // What to do about it stands once, in the error that ends the release; a line of the log has the fact.
    toCanaryErrors(thrown)
      .map(({ fact }) => fact)
      .join('. '),
  );
}

function waitingFor({ since }: Reading): string | undefined {
  switch (since) {
    case 'start':
      return undefined;
    case 'now':
      return 'counting starts now, for Prometheus gave no answer when the weight was set';
    case 'next-scrape':
      // Where nobody has ever sent a request there are no series that could be scraped.
      return 'nothing was scraped yet since the weight was set, or neither version gets requests';
  }
}
