import { randomBytes } from 'node:crypto';
import { fieldManager } from '../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { User } from './api-server/access.ts';
import { Registry } from './api-server/registry.ts';
import { resourceOf } from './api-server/resources.ts';
import { ApiServer } from './api-server/server.ts';
import { Controllers } from './controllers/controllers.ts';
import { keyOf } from './controllers/writer.ts';
import { emissaryNamespace } from './emissary.ts';
import type { UserRequest } from './envoy-router.ts';
import { Prometheus } from './prometheus/prometheus.ts';
import { seededRandom } from './random.ts';
import { sampleManifests } from './sample.ts';
import { State } from './state.ts';
import { makeCertificate } from './tls/certificate.ts';
import { Traffic, type TrafficOptions } from './traffic.ts';

export interface SandboxOptions {
  /** The sample app runs already, as 1.0.0, with its Service and Mapping. */
  readonly withStable?: boolean;
  /** 100 where nothing is said. */
  readonly requestsPerSecond?: number;
  /** What users ask for. */
  readonly request?: Partial<UserRequest>;
  /** Users ask this Service, and there is no Emissary: `sample-app.default`, port 80. */
  readonly service?: TrafficOptions['service'];
  /** How long a pod takes to be ready; 300 ms where nothing is said. */
  readonly podReadyMs?: number;
  /** How long a pod takes to end, where its grace period allows it; 200 ms where nothing is said. */
  readonly podStopMs?: number;
  readonly scrapeEveryMs?: number;
  readonly emissaryPods?: number;
  /** Whether Emissary has the Service behind which its diagnostics are; it has where nothing is said. */
  readonly withDiagnostics?: boolean;
  /** Makes the draws of pods, routes and failures repeatable. */
  readonly seed?: number;
  /** The API server's port; a free one where nothing is said. */
  readonly port?: number;
  /** Where the sample app lives; `default` where nothing is said. */
  readonly namespace?: string;
  /** Others than the administrator who may ask the API server. */
  readonly users?: readonly User[];
  /** API groups that are not served, as where their CRDs were never installed: `getambassador.io`. */
  readonly missingGroups?: readonly string[];
}

/** A cluster with traffic in this process, on loopback. */
export interface Sandbox {
  /** For `KUBECONFIG` or a service connection: one context, the administrator's token. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly token: string;
  /** The certificate to trust, as base64 of its PEM text. */
  readonly caData: string;
  readonly prometheusUrl: string;
  readonly prometheus: Prometheus;
  readonly traffic: Traffic;
  readonly state: State;
  stop(): Promise<void>;
}

/** Starts API server, controllers, users and Prometheus. What was started is stopped again where one of them fails. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { namespace = 'default', scrapeEveryMs = 1_000, emissaryPods = 2 } = options;
  const random = seededRandom(options.seed ?? 1);
  const registry = new Registry();
  for (const name of new Set(['default', 'kube-system', emissaryNamespace, namespace])) {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    registry.create(resourceOf('v1', 'Namespace'), undefined, object, { manager: 'sandbox' });
  }
  const controllers = new Controllers(registry, {
    random,
    readyMs: options.podReadyMs ?? 300,
    stopMs: options.podStopMs ?? 200,
  });
  const traffic = new Traffic({
    store: registry.store,
    requestsPerSecond: options.requestsPerSecond ?? 100,
    random,
    emissaryPods,
    ...(options.request && { request: options.request }),
    ...(options.service && { service: options.service }),
  });
  const stops: (() => unknown)[] = [() => controllers.stop(), () => traffic.stop()];
  const stop = async () => {
    await Promise.all(stops.map(stopOne => stopOne()));
  };
  try {
    const token = randomBytes(16).toString('hex');
    const certificate = makeCertificate();
    const users = [{ name: 'admin', token }, ...(options.users ?? [])];
    const { port = 0, missingGroups = [] } = options;
    const { withDiagnostics = true } = options;
    const backend = (service: string, url: URL) =>
      service === adminService ? traffic.diagnostics(url.searchParams.get('filter')) : undefined;
    const server = await ApiServer.start({ registry, users, certificate, port, missingGroups, backend });
    if (withDiagnostics)
      registry.create(resourceOf('v1', 'Service'), emissaryNamespace, adminObject, { manager: 'sandbox' });
    stops.push(() => server.stop());
    const state = new State(registry, server);
    if (options.withStable) await startStable(registry, state, namespace, missingGroups);
    traffic.start();
    const targets = Array.from({ length: emissaryPods }, (_, pod) => ({
      labels: targetLabels(pod),
      read: (at: number) => {
        traffic.advanceTo(at);
        return traffic.readings(pod);
      },
    }));
    const prometheus = await Prometheus.start({ targets, scrapeEveryMs });
    stops.push(() => prometheus.stop());
    const caData = Buffer.from(certificate.cert).toString('base64');
    const kubeconfig = kubeconfigText({ server: server.url, caData, token, namespace });
    const { url: prometheusUrl } = prometheus;
    return { kubeconfig, server: server.url, token, caData, prometheusUrl, prometheus, traffic, state, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Emissary's admin Service, as its chart makes it. */
const adminService = `${emissaryNamespace}/emissary-ingress-admin`;
const adminObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'emissary-ingress-admin', labels: { service: 'ambassador-admin' } },
  spec: {
    selector: { 'app.kubernetes.io/name': 'emissary-ingress' },
    ports: [{ name: 'ambassador-admin', port: 8877, targetPort: 'admin' }],
  },
};

/** As an earlier release of the step has left it. */
async function startStable(
  registry: Registry,
  state: State,
  namespace: string,
  missingGroups: readonly string[],
): Promise<void> {
  for (const object of await sampleManifests()) {
    if (missingGroups.some(group => object.apiVersion.startsWith(`${group}/`))) continue;
    const key = keyOf({ ...object, metadata: { ...object.metadata, namespace } });
    registry.apply(key, object, { manager: fieldManager, force: true });
  }
  await state.until(() => {
    return state.list('apps/v1', 'Deployment', namespace).every(deployment => State.isRolledOut(deployment));
  });
}

/** What the chart's ServiceMonitor adds to the series of one of Emissary's pods. */
function targetLabels(pod: number): Record<string, string> {
  return {
    job: 'emissary-ingress-admin',
    instance: `10.244.255.${pod + 1}:8877`,
    namespace: emissaryNamespace,
    service: 'emissary-ingress-admin',
    endpoint: 'ambassador-admin',
    container: 'emissary-ingress',
    pod: `emissary-ingress-7d9c5b8f6d-${['x2x4k', 'b9wzq', 'm5tvl'][pod] ?? `pod${pod}`}`,
  };
}

/** JSON is YAML. */
function kubeconfigText(parts: { server: string; caData: string; token: string; namespace: string }): string {
  const { server, caData, token, namespace } = parts;
  const name = 'sandbox';
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    clusters: [{ name, cluster: { server, 'certificate-authority-data': caData } }],
    users: [{ name, user: { token } }],
  };
  return JSON.stringify(content, undefined, 2);
}
