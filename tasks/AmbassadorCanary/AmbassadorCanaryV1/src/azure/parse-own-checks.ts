import { queryPlaceholders } from '../analysis/own-check-query.ts';
import { unknownPlaceholders } from '../analysis/placeholders.ts';
import { Duration } from '../release/duration.ts';
import { type OwnCheck, onNoDataWords } from '../release/own-check.ts';
import type { Step } from '../release/spec.ts';
import type { Webhook } from '../release/webhook.ts';
import { readCheckEntries } from './check-entries.ts';
import { CheckReader } from './check-reader.ts';
import { type InputProblems, quote } from './input-problems.ts';
import { parseWebhook } from './parse-webhook.ts';

/** Without blanks, so that none reads like a check of one workload: `latency of web`. */
const nameOfCheck = /^[A-Za-z0-9][\w.-]{0,39}$/;
/** The names of the built-in checks; the journal counts requests by the first. */
const builtInName = /^(success-rate.*|latency|errors-vs-stable|slowness-vs-stable|split|pods)$/i;

/** What the user wants to be asked besides: Prometheus by queries, and servers of their own. */
export interface ParsedOwnChecks {
  readonly queries: readonly OwnCheck[];
  readonly webhooks: readonly Webhook[];
}

/** Reads `checks`, and notes all that is wrong with it, each with its line (docs/checks.md). */
export function parseOwnChecks(text: string, problems: InputProblems): ParsedOwnChecks {
  const names = new Set<string>();
  const queries: OwnCheck[] = [];
  const webhooks: Webhook[] = [];
  for (const entry of readCheckEntries(text, problems)) {
    const reader = new CheckReader(entry, problems);
    const name = parseName(reader, names);
    if (reader.has('webhook')) {
      const webhook = parseWebhook(reader, name);
      if (webhook !== undefined) webhooks.push(webhook);
    } else {
      const check = parseQueryCheck(reader, name);
      if (check !== undefined) queries.push(check);
    }
    reader.refuseOthers();
  }
  return { queries, webhooks };
}

/** A check that is asked more seldom than a step lasts would say nothing about it. */
export function checkOwnIntervals(
  checks: readonly OwnCheck[],
  steps: readonly Step[],
  interval: Duration,
  problems: InputProblems,
): void {
  if (problems.concern('weights', 'pause', 'interval', 'checks')) return;
  const shortest = Math.min(...steps.map(({ pause }) => pause.milliseconds));
  for (const { name, interval: own } of checks) {
    if (own === undefined || (!own.isShorterThan(interval) && own.milliseconds <= shortest)) continue;
    problems.invalid('checks', {
      expected: `an \`interval\` of ${name} from ${interval}, the release's own, to ${Duration.milliseconds(shortest)}, the shortest step`,
      found: `${own}`,
      hint: 'Correct it, or leave it out',
    });
  }
}

function parseName(reader: CheckReader, names: Set<string>): string {
  const name = reader.text('name') ?? '';
  if (!reader.has('name')) reader.note('name', 'a name', 'none');
  else if (name !== '' && !nameOfCheck.test(name)) {
    reader.note('name', 'up to 40 letters, digits, `-`, `_` and `.`', quote(name));
  } else if (builtInName.test(name)) {
    reader.note('name', 'another name than that of a built-in check', quote(name));
  } else if (names.has(name)) reader.note('name', 'a name that no other check has', quote(name));
  names.add(name);
  return name;
}

function parseQueryCheck(reader: CheckReader, name: string): OwnCheck | undefined {
  const query = reader.text('query');
  if (!reader.has('query')) reader.note('query', 'a query in PromQL, or a URL as `webhook`,', 'neither');
  for (const placeholder of unknownPlaceholders(query ?? '', queryPlaceholders)) {
    const known = queryPlaceholders.map(word => `\`{{${word}}}\``).join(', ');
    reader.note('query', `no placeholder but ${known}`, quote(placeholder));
  }
  const min = reader.number('min');
  const max = reader.number('max');
  if (!reader.has('min') && !reader.has('max')) reader.note('max', 'a limit, `min` or `max`,', 'neither');
  if (min !== undefined && max !== undefined && min > max) {
    reader.note('max', `a number from \`min\`, ${min},`, String(max));
  }
  const onNoData = reader.choice('onNoData', onNoDataWords) ?? 'inconclusive';
  const dryRun = reader.flag('dryRun') ?? false;
  const failureThreshold = reader.count('failureThreshold', 1);
  const interval = reader.time('interval');
  if (query === undefined) return undefined;
  return {
    name,
    query,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    onNoData,
    dryRun,
    ...(failureThreshold !== undefined && { failureThreshold }),
    ...(interval !== undefined && { interval }),
  };
}
