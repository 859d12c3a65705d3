import {
  asRecord,
  asRecords,
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { canarySelector } from './canary-labels.ts';
import { canaryName } from './names.ts';
import { type Labels, selects } from './selector.ts';
import type { Around } from './surveyed.ts';

/** Whose pods a policy is to mean as well. */
export interface CanaryPods {
  readonly namespace: string;
  /** The labels of stable's pods, as they are and as the manifest has them. */
  readonly stable: readonly Labels[];
  readonly canary: Labels;
  readonly keys: ReadonlySet<string>;
}

type Json = Readonly<Record<string, unknown>>;
const directions = [
  { type: 'Ingress', rules: 'ingress', peers: 'from' },
  { type: 'Egress', rules: 'egress', peers: 'to' },
] as const;

/**
 * The NetworkPolicies that let the canary's pods do and receive what stable's may, and nobody else anything: a twin of each
 * that selects stable, as the manifests have it where they do, and for each in the cluster that admits stable as a peer, one with
 * just those rules and the canary as the peer. Policies add up, so none of them takes anything away.
 */
export function policyTwins(
  pods: CanaryPods,
  around: Around,
  manifests: readonly KubeObject[],
  release: string,
): readonly KubeObject[] {
  const live = around.policies.filter(isStables);
  const latest = new Map([...live, ...manifests.filter(isPolicy)].map(one => [identityOf(refOf(one)), one]));
  const covering = [...latest.values()]
    .filter(policy => policy.metadata.namespace === pods.namespace)
    .filter(policy => onlyStable(valueAt(policy, 'spec', 'podSelector'), pods))
    .map(policy => coveringTwin(policy, pods, around, release));
  // Only what is in force already: a rule for pods that no policy isolates yet would isolate them.
  const admitting = live.flatMap(policy => admittingTwin(policy, pods, around, release));
  return [...covering, ...admitting];
}

/** Sentences about policies that hold the canary's pods and not stable's. */
export function policyNotes(pods: CanaryPods, { policies }: Around): readonly string[] {
  return policies
    .filter(policy => policy.metadata.namespace === pods.namespace && isStables(policy))
    .filter(policy => {
      const selector = valueAt(policy, 'spec', 'podSelector') ?? {};
      return selects(selector, pods.canary) && !pods.stable.some(labels => selects(selector, labels));
    })
    .map(policy => `${nameOf(refOf(policy))} holds the canary's pods and not stable's: it may cut them off`);
}

/** Whether the new or changed policy holds pods of stable: then promotion changes it together with them. */
export function coversStable(policy: KubeObject, pods: CanaryPods): boolean {
  if (!isPolicy(policy) || policy.metadata.namespace !== pods.namespace) return false;
  const selector = valueAt(policy, 'spec', 'podSelector') ?? {};
  return pods.stable.some(labels => selects(selector, labels));
}

/** One that takes a pod away at a time: `minAvailable` of stable means nothing for the few pods of a canary. */
export function budgetTwins(pods: CanaryPods, { budgets }: Around, release: string): readonly KubeObject[] {
  return budgets
    .filter(budget => isStables(budget) && budget.metadata.namespace === pods.namespace)
    .filter(budget => onlyStable(valueAt(budget, 'spec', 'selector'), pods))
    .map(budget => {
      const { minAvailable: _, ...spec } = asRecord(budget.spec) ?? {};
      const selector = canarySelector(spec.selector, pods.keys);
      return twin(
        budget,
        canaryName(budget.metadata.name),
        { ...spec, selector, maxUnavailable: 1 },
        release,
      );
    });
}

function coveringTwin(policy: KubeObject, pods: CanaryPods, around: Around, release: string): KubeObject {
  const spec = asRecord(policy.spec) ?? {};
  const podSelector = canarySelector(spec.podSelector, pods.keys);
  const admitsStable = (peer: Json) => meansStable(peer, policy, pods, around);
  const rules = directions.flatMap(({ rules, peers }) => {
    const list = spec[rules];
    if (!Array.isArray(list)) return [];
    const both = list.map(rule => {
      const record = asRecord(rule) ?? {};
      const named = asRecords(record[peers]);
      const added = named.filter(admitsStable).map(peer => canaryPeer(peer, pods));
      return added.length === 0 ? rule : { ...record, [peers]: [...named, ...added] };
    });
    return [[rules, both]];
  });
  const whole = { ...spec, ...Object.fromEntries(rules), podSelector };
  return twin(policy, canaryName(policy.metadata.name), whole, release);
}

function admittingTwin(
  policy: KubeObject,
  pods: CanaryPods,
  around: Around,
  release: string,
): readonly KubeObject[] {
  const spec = asRecord(policy.spec) ?? {};
  const policyTypes: string[] = [];
  const rules = directions.flatMap(({ type, rules, peers }) => {
    // A direction that the policy does not rule is open anyway, and a rule would close it.
    const ruled = Array.isArray(spec.policyTypes) ? spec.policyTypes.includes(type) : type === 'Ingress';
    const admitting = !ruled
      ? []
      : asRecords(spec[rules]).flatMap(rule => {
          const named = asRecords(rule[peers]).filter(peer => meansStable(peer, policy, pods, around));
          return named.length === 0 ? [] : [{ ...rule, [peers]: named.map(peer => canaryPeer(peer, pods)) }];
        });
    if (admitting.length === 0) return [];
    policyTypes.push(type);
    return [[rules, admitting]];
  });
  if (policyTypes.length === 0) return [];
  const { podSelector = {} } = spec;
  const added = { podSelector, policyTypes, ...Object.fromEntries(rules) };
  return [twin(policy, canaryName(`${policy.metadata.name}-peers`), added, release)];
}

/** Whether a peer of a rule is stable's pods, and not the canary's as well. */
function meansStable(peer: Json, policy: KubeObject, pods: CanaryPods, around: Around): boolean {
  if (!onlyStable(peer.podSelector, pods)) return false;
  if (peer.namespaceSelector === undefined) return policy.metadata.namespace === pods.namespace;
  // Where its labels can't be read it may be meant: then a rule too many only allows what stable may.
  const labels = around.namespaceLabels.get(pods.namespace);
  return labels === undefined || selects(peer.namespaceSelector, labels);
}

function canaryPeer(peer: Json, { keys }: CanaryPods): Json {
  return { ...peer, podSelector: canarySelector(peer.podSelector, keys) };
}

function onlyStable(selector: unknown, { stable, canary }: CanaryPods): boolean {
  return stable.some(labels => selects(selector, labels)) && !selects(selector, canary);
}

function twin(of: KubeObject, name: string, spec: Json, release: string): KubeObject {
  const { namespace, labels } = of.metadata;
  return {
    apiVersion: of.apiVersion,
    kind: of.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [releaseLabel]: release },
    },
    spec,
  };
}

function isPolicy({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'NetworkPolicy' && apiVersion.startsWith('networking.k8s.io/');
}

function isStables(object: KubeObject): boolean {
  return object.metadata.labels?.[releaseLabel] === undefined;
}
