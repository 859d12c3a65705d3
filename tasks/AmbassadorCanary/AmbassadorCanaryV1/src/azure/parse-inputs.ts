import type { Action, ReleaseSpec } from '../release/spec.ts';
import { checkChoices, choices, normaliseBooleans } from './choices.ts';
import type { Inputs } from './input-names.ts';
import { InputProblems, quote } from './input-problems.ts';
import { parseChecks } from './parse-checks.ts';
import { linesOf, parseImages } from './parse-images.ts';
import { parseCount, parseExtendFactor, parsePods, parseTime } from './parse-numbers.ts';
import { checkOwnIntervals, parseOwnChecks } from './parse-own-checks.ts';
import { parseMetricLabels } from './parse-prometheus.ts';
import { parseSplit } from './parse-split.ts';
import { checkStepsHoldAMeasurement, parseSteps } from './parse-weights.ts';

export interface ParsedInputs {
  /** Its `namespace` is the input's, else the connection's; absent where neither names one: then the cluster's default. */
  readonly spec: ReleaseSpec;
  /** Whether the Tests tab of the run gets the release. */
  readonly publishTestResults: boolean;
  /** What a reader of the log should know of what the inputs turn off, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads the inputs into a spec, or throws all that is wrong with them: each error names its input and what to write.
 * The namespace of the service connection is used where the input names none.
 */
export function parseInputs(raw: Inputs, connectionNamespace?: string): ParsedInputs {
  const problems = new InputProblems();
  const inputs = normaliseBooleans(raw);
  checkChoices(inputs, problems);

  const manifests = parseManifests(inputs, problems);
  const images = parseImages(inputs.containers, problems);
  const namespace = parseNamespace('namespace', inputs, problems) ?? connectionNamespace;
  const emissaryNamespace =
    inputs.emissaryNamespace === 'auto' ? undefined : parseNamespace('emissaryNamespace', inputs, problems);
  const action = choices.action.find(word => word === inputs.action) ?? 'run';
  const { steps, checks, ownChecks, webhooks, prometheus, notes } = parseTrial(action, inputs, problems);
  const interval = parseTime(inputs, 'interval', { orZero: false }, problems);
  if (checks.length + ownChecks.length > 0) checkStepsHoldAMeasurement(steps, interval, inputs, problems);
  checkOwnIntervals(ownChecks, steps, interval, problems);
  const trafficSplit = parseSplit(inputs, { ownChecks, webhooks }, problems);
  const spec: ReleaseSpec = {
    action,
    manifests,
    images,
    ...(namespace === undefined ? {} : { namespace }),
    trafficSplit,
    steps,
    canaryReplicas: parsePods(inputs, 'canaryReplicas', problems),
    keepStableCapacity: inputs.keepStableCapacity === 'true',
    checks,
    ownChecks,
    webhooks,
    ...(prometheus === undefined ? {} : { prometheus }),
    metricLabels: parseMetricLabels(inputs.metricLabels, problems),
    interval,
    failureThreshold: parseCount(inputs, 'failureThreshold', 2, problems),
    minimumRequests: parseCount(inputs, 'minimumRequests', 50, problems),
    onInconclusive: choices.onInconclusive.find(word => word === inputs.onInconclusive) ?? 'extend',
    extendFactor: parseExtendFactor(inputs, problems),
    consecutiveErrorLimit: parseCount(inputs, 'consecutiveErrorLimit', 5, problems),
    onFailure: inputs.onFailure === 'hold' ? 'hold' : 'rollback',
    rolloutTimeout: parseTime(inputs, 'rolloutTimeout', { orZero: false }, problems),
    drain: parseTime(inputs, 'drain', { orZero: true }, problems),
    lockTimeout: parseTime(inputs, 'lockTimeout', { orZero: true }, problems),
    ...(inputs.grpc === 'true' || inputs.grpc === 'false' ? { grpc: inputs.grpc === 'true' } : {}),
    ...(emissaryNamespace === undefined ? {} : { emissaryNamespace }),
  };
  problems.throwIfAny();
  const publishTestResults = inputs.publishTestResults === 'true';
  return { spec, publishTestResults, notes };
}

type Trial = Pick<ReleaseSpec, 'steps' | 'checks' | 'ownChecks' | 'webhooks' | 'prometheus'> &
  Pick<ParsedInputs, 'notes'>;

/**
 * What the canary goes through. What is promoted has been judged, and what is rejected need not be: then weights and Prometheus may
 * be left out or hold anything, such as a `$(strategy.increment)` that the job around them does not set.
 */
function parseTrial(action: Action, inputs: Inputs, problems: InputProblems): Trial {
  const { queries, webhooks } = parseOwnChecks(inputs.checks, problems);
  if (action === 'promote' || action === 'reject') {
    return { steps: [], checks: [], ownChecks: [], webhooks, notes: [] };
  }
  const steps = parseSteps(inputs, problems);
  const { checks, prometheus, notes } = parseChecks(inputs, problems, queries.length > 0);
  return { steps, checks, ownChecks: queries, webhooks, ...(prometheus && { prometheus }), notes };
}

function parseManifests(inputs: Inputs, problems: InputProblems): readonly string[] {
  const manifests = linesOf(inputs.manifests);
  if (manifests.length === 0) {
    problems.invalid('manifests', {
      expected: 'at least one file, folder or glob',
      found: 'nothing',
      hint: 'Write for example `manifests: deploy/*.yaml`',
    });
  }
  return manifests;
}

function parseNamespace(
  input: 'namespace' | 'emissaryNamespace',
  inputs: Inputs,
  problems: InputProblems,
): string | undefined {
  const namespace = inputs[input];
  if (namespace === '') return undefined;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    problems.invalid(input, {
      expected: 'the name of a namespace: up to 63 lower-case letters, digits and `-`',
      found: quote(namespace),
      hint: `Write for example \`${input}: ${input === 'namespace' ? 'shop' : 'emissary'}\``,
    });
  }
  return namespace;
}
