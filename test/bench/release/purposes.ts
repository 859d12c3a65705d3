import type { AuditedRequest } from './audited-requests.ts';

/** What each kind of request of a release is for. A release that asks anything else has to say here why. */
const purposes: Readonly<Record<string, string>> = {
  'get /version': 'is the server there, does it let us in, and how old is it',
  'get /apis/getambassador.io': 'which version of Mappings it serves',
  'get /apis/x.getambassador.io': 'whether the kinds of Emissary 2.0 are there as well',
  'get /apis/x.getambassador.io/v3alpha1': 'which of them',
  'list mappings': 'the survey: what leads requests to the workloads, in all namespaces',
  'list ambassadormappings': 'the survey: the same in the kinds of Emissary 2.0',
  'list tcpmappings': 'the survey: routes that can not be split',
  'list services':
    "the survey: routes in annotations, selectors that match stable's pods, Emissary's admin Service",
  'list ingresses': 'the survey: routes in annotations',
  'list modules': "the survey: Emissary's defaults, which count in grouping",
  'list deployments': 'the survey: what runs',
  'list horizontalpodautoscalers': 'the survey: who scales it',
  'list networkpolicies': 'the survey: what would keep traffic from the canary',
  'list poddisruptionbudgets': 'the survey: what keeps its pods from going all at once',
  'create selfsubjectrulesreviews': 'whether all that will be written may be, before the first write',
  'get leases': 'the lock: whose it is',
  'create leases': 'the lock, with the record',
  'update leases':
    'the record: once a step, before its weight, and once for the promotion; every 10 s as the renewal',
  'delete leases': 'the lock is given back',
  'patch services':
    'what would change, and would the canary be taken (two dry runs), then the Service of the canary',
  'patch deployments':
    'what would change, who else manages it, would the canary be taken (four dry runs); the canary; its size where a weight needs more pods; the new version for stable',
  'patch mappings':
    'what would change, and would the twin be taken (two dry runs); the twin at weight 0; its Service; each weight; the stop',
  'watch deployments':
    'pods are awaited: of the canary at the start and at each size, of stable; until the canary is gone; and what others change',
  'list pods': "the canary's pods",
  'watch pods': 'whether they crash, at once and without Prometheus',
  'watch mappings': 'what others change of stable and twin',
  'watch services': "what others change of the canary's Service",
  'list events': 'why pods are not ready, where that takes longer than 15 s',
  'get deployments': 'stable just before it is replaced, and the canary that was tested, to compare the two',
  'get mappings': 'after the stop: is stable still in the group, for alone a twin takes everything',
  'delete mappings': 'the twin goes',
  'delete services': 'the Service of the canary goes',
  'delete deployments': 'the canary goes',
};

/** Throws where nobody has said what it is for. */
export function purposeOf({ verb, what }: AuditedRequest): string {
  const purpose = purposes[`${verb} ${what}`];
  if (purpose === undefined)
    throw new Error(`A new kind of request, which nobody has justified: ${verb} ${what}`);
  return purpose;
}
