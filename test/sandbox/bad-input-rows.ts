import type { NodeMajor } from '../agent/agent-nodes.ts';
import { kubeconfigEndpoint } from '../agent/endpoints.ts';
import type { BadWorld } from './bad-input-world.ts';
import { type Release, repository } from './shop.ts';

/** What is wrong, and all that a reader of the log is told about it, with `<…>` for what differs from run to run. */
export interface Row {
  readonly what: string;
  readonly says: string | readonly string[];
  readonly given: (world: BadWorld) => Release;
  readonly also?: NodeMajor;
}

export const rows: readonly Row[] = [
  // The longest first: it is tried five times.
  {
    what: 'an API server that is not there',
    given: ({ shop }) => ({ endpoint: shop.connection({ server: 'https://127.0.0.1:1' }) }),
    says: "CLUSTER_UNREACHABLE: Could not get the API server's version: no answer from the API server https://127.0.0.1:1: found connect ECONNREFUSED 127.0.0.1:1, 5 tries. Check the server URL of the service connection, and that the agent may reach it",
  },
  {
    what: 'a line of manifests that means nothing',
    given: () => ({ inputs: { manifests: 'good\ndeploy/*.yaml' } }),
    says: 'INPUT_INVALID: manifests: deploy/*.yaml means no file: expected files, folders or patterns below <folder>, or absolute ones. A folder is searched for .yaml, .yml and .json files',
  },
  {
    what: 'a manifest that is not UTF-8',
    given: () => ({ inputs: { manifests: 'utf-16' } }),
    says: 'MANIFEST_UNREADABLE: utf-16/app.yaml cannot be read: it is UTF-16, not UTF-8. Save it as UTF-8',
  },
  {
    what: 'one Deployment in two files',
    given: () => ({ inputs: { manifests: 'good\ncopy' } }),
    says: 'MANIFEST_DUPLICATE: Deployment sample-app is there more than once: copy/deployment.json:1 and good/deployment.json:1. Keep one of them, or leave a file out with a line such as !path/to/file.yaml',
  },
  {
    what: 'YAML that is none',
    given: () => ({ inputs: { manifests: 'broken' } }),
    also: 24,
    says: 'MANIFEST_INVALID: broken/service.yaml:7: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  },
  {
    what: 'manifests without a Deployment',
    given: () => ({ inputs: { manifests: 'good/service.json', containers: '' } }),
    says: 'NO_WORKLOAD: The manifests hold no Deployment: expected at least one `kind: Deployment` of apps/v1, found Service. Check the input `manifests`: it takes files, folders and globs, one a line',
  },
  {
    what: 'an image that no container has',
    given: () => ({ inputs: { containers: 'registry.example.com/shop:2.0.0' } }),
    says: `IMAGE_UNMATCHED: containers: no container matches the repository of registry.example.com/shop:2.0.0: found app=${repository}:1.0.0 in Deployment sample-app. Correct the line, or name the container: container=repository:tag`,
  },
  ...(
    [
      ['10, 10', 'each weight to be higher than the one before it', '10, 10'],
      ['5.5, 10', 'whole percentages from 1 to 100, separated by commas', '5.5'],
      ['50, 101', 'whole percentages from 1 to 100, separated by commas', '101'],
      ['0, 50', 'whole percentages from 1 to 100, separated by commas', '0'],
    ] as const
  ).map(([weights, expected, found]) => ({
    what: `weights of ${weights}`,
    given: () => ({ inputs: { weights } }),
    says: `INPUT_INVALID: Input \`weights\` can't be used: expected ${expected}, found \`${found}\`. Write for example \`weights: 5, 25, 50\` or \`weights: 10@2m, 50@10m\``,
  })),
  {
    what: 'a fixed number of pods where pods are the weight',
    given: () => ({ inputs: { trafficSplitMethod: 'pod', canaryReplicas: '3' } }),
    says: "INPUT_INVALID: Input `canaryReplicas` can't be used: expected `auto` while `trafficSplitMethod` is `pod`, because the number of pods is the weight, found `3`. Leave it out; `maxSurgePods` says how many pods there may be above those of stable",
  },
  {
    what: 'several inputs at once',
    given: () => ({
      inputs: {
        kubernetesServiceConnection: '',
        manifests: '',
        namespace: 'Shop',
        weights: '50, 10',
        pause: '5',
        latency: 'fast',
        prometheus: '',
      },
    }),
    also: 24,
    says: [
      'CONNECTION_INVALID: Input `kubernetesServiceConnection` is empty. Name a Kubernetes service connection of this project, and permit this pipeline to use it',
      "INPUT_INVALID: Input `manifests` can't be used: expected at least one file, folder or glob, found nothing. Write for example `manifests: deploy/*.yaml`",
      "INPUT_INVALID: Input `namespace` can't be used: expected the name of a namespace: up to 63 lower-case letters, digits and `-`, found `Shop`. Write for example `namespace: shop`",
      "INPUT_INVALID: Input `pause` can't be used: expected a time with its unit, or `0`, found `5`. Write for example `pause: 30s` or `pause: 1h30m`, at most 168h",
      "INPUT_INVALID: Input `weights` can't be used: expected each weight to be higher than the one before it, found `50, 10`. Write for example `weights: 5, 25, 50` or `weights: 10@2m, 50@10m`",
      "INPUT_INVALID: Input `latency` can't be used: expected `p50`, `p90`, `p95`, `p99` or `p99.9`, then `<` and a time above 0 with its unit; or `none`, found `fast`. Write for example `latency: p95<500ms`",
      "INPUT_INVALID: Input `prometheus` can't be used: expected where the Prometheus is that scrapes Emissary, since checks are wanted, found nothing. Add the line `prometheus: https://prometheus.example.com` with your own URL, `prometheus: monitoring/prometheus:9090` to ask a Service through the API server, or `prometheus: none` to release without built-in checks",
    ],
  },
  {
    what: 'a service connection that the agent does not know',
    given: () => ({ inputs: { kubernetesServiceConnection: 'production' } }),
    says: 'CONNECTION_INVALID: The agent knows no service connection of this name: found production. Name a Kubernetes service connection of this project, and permit this pipeline to use it',
  },
  {
    what: 'a kubeconfig that is no kubeconfig',
    given: () => ({ endpoint: kubeconfigEndpoint({ kubeconfig: 'ask Bob for the kubeconfig' }) }),
    says: 'CONNECTION_INVALID: The connection does not hold a kubeconfig: expected a YAML map with clusters, users and contexts, found something that is no map. Paste a kubeconfig that works with kubectl into the service connection',
  },
  {
    what: 'a kubeconfig that was cut off',
    given: ({ shop }) => ({
      endpoint: kubeconfigEndpoint({ kubeconfig: shop.sandbox.kubeconfig.slice(0, 200) }),
    }),
    says: 'CONNECTION_INVALID: The kubeconfig of the connection is not YAML: found BAD_INDENT in line 10. Paste a kubeconfig that works with kubectl into the service connection',
  },
  {
    what: 'an API server that is not trusted',
    given: ({ shop }) => ({ endpoint: shop.connection({ certificate: '' }) }),
    also: 24,
    says: "CLUSTER_UNREACHABLE: The API server <server> is not trusted: found self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT). Put the cluster's certificate authority into the service connection; where that can't be had, set acceptUntrustedCerts there",
  },
  {
    what: 'a token that nobody has',
    given: ({ shop }) => ({ endpoint: shop.connection({ token: 'a-token-of-last-year' }) }),
    says: "CLUSTER_FORBIDDEN: Could not get the API server's version: the API server does not accept the credentials: found 401 Unauthorized: Unauthorized. Renew the token or certificate of the service connection",
  },
  {
    what: 'an account that may not read Mappings',
    given: ({ shop }) => ({ endpoint: shop.connection({ token: 'the-token-of-web-only' }) }),
    says: 'CLUSTER_FORBIDDEN: Could not list mappings in namespace default: not allowed: found 403 Forbidden: mappings.getambassador.io is forbidden: User "web-only" cannot list resource "mappings" in API group "getambassador.io" in the namespace "default". Allow the account of the service connection to list mappings.getambassador.io in namespace default',
  },
  {
    what: 'an account that may read, and change nothing',
    given: ({ shop }) => ({ endpoint: shop.connection({ token: 'the-token-of-a-viewer' }) }),
    says: [
      ['Deployment', 'deployments', 'apps'],
      ['Mapping', 'mappings', 'getambassador.io'],
      ['Service', 'services', ''],
      ['ServiceMonitor', 'servicemonitors', 'monitoring.coreos.com'],
    ].map(([kind, plural, group]) => {
      const resource = group === '' ? plural : `${plural}.${group}`;
      return `CLUSTER_FORBIDDEN: Could not patch ${kind} default/sample-app: not allowed: found 403 Forbidden: ${resource} "sample-app" is forbidden: User "viewer" cannot patch resource "${plural}" in API group "${group}" in the namespace "default". Allow the account of the service connection to patch ${resource} in namespace default`;
    }),
  },
  {
    what: 'an account that may not delete what the release would make',
    given: ({ shop }) => ({ endpoint: shop.connection({ token: 'the-token-of-a-keeper' }) }),
    says: ['deployments.apps', 'leases.coordination.k8s.io', 'mappings.getambassador.io', 'services'].map(
      what =>
        `CLUSTER_FORBIDDEN: The release would need to delete ${what} in namespace default: expected an account that may do so, found the account of the service connection, which may not. Give it the Role of docs/rbac.yaml`,
    ),
  },
  {
    what: 'a namespace that is not there',
    given: () => ({ inputs: { namespace: 'shpo' } }),
    says: 'CLUSTER_REFUSED: Namespace shpo does not exist: found 404 NotFound: namespaces "shpo" not found. Create it, or correct its name',
  },
  {
    what: 'a Prometheus that is not there',
    given: () => ({ inputs: { prometheus: 'http://127.0.0.1:1' } }),
    says: 'PROMETHEUS_UNREACHABLE: Prometheus at http://127.0.0.1:1/ cannot be asked: found ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1, tried 3 times. Check the address, and that the agent may connect to it (name, port, firewall, certificate)',
  },
  {
    what: 'a Prometheus that is broken',
    given: ({ broken }) => ({ inputs: { prometheus: broken.url } }),
    says: 'PROMETHEUS_UNREACHABLE: Prometheus at <broken>/ cannot be asked: found HTTP 500 (internal: told to fail by the sandbox), tried 3 times. Check the address, and that the agent may connect to it (name, port, firewall, certificate)',
  },
  {
    what: 'a web page in place of Prometheus',
    given: ({ page }) => ({ inputs: { prometheus: page } }),
    says: 'PROMETHEUS_UNFIT: What answers at <page>/ does not answer as Prometheus does: expected the result of a query, found HTTP 200 with no JSON but "<html>Please log in</html>". Set prometheus to the base address of the API: what stands before /api/v1/query',
  },
  {
    what: 'a Prometheus that does not scrape Emissary',
    given: ({ blind }) => ({ inputs: { prometheus: blind.url } }),
    says: "PROMETHEUS_UNFIT: Prometheus at <blind>/ has no metrics of Emissary: expected series of envoy_cluster_upstream_cx_total, found none. Let it scrape port 8877 of Emissary's admin Service (a ServiceMonitor; the chart brings one)",
  },
  {
    what: 'a Prometheus that is not trusted',
    given: ({ shop }) => ({ inputs: { prometheus: shop.sandbox.server } }),
    also: 24,
    says: 'PROMETHEUS_UNREACHABLE: Prometheus at <server>/ cannot be asked: found DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate, tried once. Check the address, and that the agent may connect to it (name, port, firewall, certificate)',
  },
  {
    what: 'a step that is shorter than three scrapes',
    given: () => ({ inputs: { pause: '500ms', interval: '400ms' } }),
    says: 'INPUT_INVALID: The step at 50 % is shorter than three scrapes: expected 600ms or more, found 500ms; Prometheus scrapes Emissary every 200ms. Write `pause: 1s` or let Prometheus scrape more often',
  },
  {
    what: 'an interval that is shorter than a scrape',
    given: () => ({ inputs: { pause: '5s', interval: '100ms' } }),
    says: 'INPUT_INVALID: Input `interval` is shorter than the scrape interval: expected 200ms or more, found 100ms; Prometheus scrapes Emissary every 200ms. Write `interval: 200ms`',
  },
  {
    what: 'a Mapping that has a weight',
    given: () => ({ inputs: { namespace: 'weighted' } }),
    says: 'ROUTE_NOT_SPLITTABLE: Mapping weighted/sample-app already has a weight: expected no `weight`: what the canary does not take must be left to stable, found weight 30. Remove `spec.weight` from this Mapping',
  },
  {
    what: "somebody else's sample-app-canary",
    given: () => ({ inputs: { namespace: 'foreign' } }),
    says: 'FOREIGN_OBJECT: Deployment foreign/sample-app-canary exists and was not made by this task: expected no such object, or one with the label ambassador-canary/release. Rename it or delete it: a release needs this name for its canary and never overwrites what is not its own',
  },
  {
    what: 'an app that no Mapping leads to',
    given: () => ({ inputs: { namespace: 'routeless' } }),
    says: 'NO_ROUTE: No live Mapping routes to what changed (Deployment routeless/sample-app): expected a Mapping whose `service` is a Service that selects the pods. Create the Mapping first (a release of its own applies it), or check the namespace of both; without Ambassador, write `trafficSplitMethod: pod`',
  },
];
