import { toCanaryErrors } from '../release/errors.ts';
import { asRecords, type KubeObject, valueAt } from '../release/kube-object.ts';
import type { WholeAnswer } from './exchange.ts';
import type { KubeApi } from './kube-api.ts';
import { ServiceProxy } from './service-proxy.ts';
import type { Transport } from './transport.ts';

/** Emissary's admin Services that can be asked, and what came of looking for them. */
export interface FoundAdmins {
  readonly admins: readonly EmissaryAdmin[];
  /** Where they had to be guessed, why: `Services may not be listed in all namespaces`. */
  readonly note?: string;
}

/** What the chart puts on it, and fixed, for the ServiceMonitor (facts/emissary.md 10). */
const labelSelector = 'service=ambassador-admin';
const port = 8877;
/** How the official manifests and charts name it, and where they put it. */
const usual = { emissary: ['emissary-ingress-admin'], ambassador: ['ambassador-admin', 'edge-stack-admin'] };
/** A cluster with more installations than these has a namespace to name. */
const most = 5;

/**
 * Looks for Emissary's admin Services, by their label where Services may be listed, else by their usual names. Without a namespace
 * in all of them. `listed` are the Services there, where somebody has listed them before. Never rejects; asks no Emissary yet.
 */
export async function findEmissaryAdmins(
  api: KubeApi,
  namespace: string | undefined,
  listed?: readonly KubeObject[],
): Promise<FoundAdmins> {
  const place = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  if (listed !== undefined) {
    const labelled = listed.filter(({ metadata }) => metadata.labels?.service === 'ambassador-admin');
    const named = listed.filter(({ metadata }) => isUsual(metadata, namespace));
    const found = (labelled.length > 0 ? labelled : named).slice(0, most);
    return {
      admins: found.map(service => adminOf(api, service)),
      ...(labelled.length === 0 && {
        note: `no Service ${place} has the label ${labelSelector}${named.length === 0 ? ' or a usual name' : ''}`,
      }),
    };
  }
  const guessed =
    namespace === undefined
      ? Object.entries(usual).flatMap(([where, names]) => names.map(name => admin(api, where, name)))
      : Object.values(usual).flatMap(names => names.map(name => admin(api, namespace, name)));
  try {
    const collection = { apiVersion: 'v1', kind: 'Service', labelSelector, ...(namespace && { namespace }) };
    const { objects } = await api.list(collection);
    const found = objects.slice(0, most).map(service => adminOf(api, service));
    if (found.length > 0) return { admins: found };
    return { admins: guessed, note: `no Service ${place} has the label ${labelSelector}` };
  } catch (thrown) {
    const isForbidden = toCanaryErrors(thrown).every(({ code }) => code === 'CLUSTER_FORBIDDEN');
    const note = `Services ${isForbidden ? 'may' : 'could'} not be listed ${place}`;
    return { admins: guessed, note };
  }
}

/** Emissary's port 8877, asked through the API server. */
class EmissaryAdmin {
  readonly #proxy: ServiceProxy;

  constructor(
    transport: Transport,
    private readonly place: { readonly namespace: string; readonly service: string; readonly port: string },
  ) {
    const asked = { code: 'CLUSTER_REFUSED', name: 'Emissary', input: 'emissaryNamespace' } as const;
    this.#proxy = new ServiceProxy(transport, { ...place, path: '' }, asked);
  }

  /** `emissary/emissary-ingress-admin:8877` */
  get address(): string {
    return `${this.place.namespace}/${this.place.service}:${this.place.port}`;
  }

  /** One part of its diagnostics, as it answers. One try: whoever asks asks again. */
  get(filter: 'route_info' | 'errors', signal: AbortSignal): Promise<WholeAnswer> {
    const query = { json: 'true', filter };
    return this.#proxy.get('/ambassador/v0/diag/', query, {}, { signal, isTriedOnce: true });
  }
}

function admin(api: KubeApi, namespace: string, service: string, at = String(port)): EmissaryAdmin {
  return new EmissaryAdmin(api.transport, { namespace, service, port: at });
}

function adminOf(api: KubeApi, service: KubeObject): EmissaryAdmin {
  return admin(api, service.metadata.namespace ?? '', service.metadata.name, portOf(service));
}

/** In a namespace that was named each of the names may be, else each in its own. */
function isUsual({ name, namespace }: KubeObject['metadata'], asked: string | undefined): boolean {
  return Object.entries(usual).some(
    ([where, names]) => names.includes(name) && (asked !== undefined || namespace === where),
  );
}

function portOf(service: KubeObject): string | undefined {
  const ports = asRecords(valueAt(service, 'spec', 'ports'));
  const own =
    ports.find(one => one.port === port) ?? ports.find(({ name }) => String(name).includes('admin'));
  return own === undefined ? undefined : String(own.port);
}
