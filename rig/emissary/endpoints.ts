import { loopbackOf } from '../addresses.ts';
import type { KubeObject } from '../kube-client.ts';
import type { Cluster } from './cluster.ts';

/** Where a request can be sent to: always an address of 127.0.0.0/8. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What the endpoints of a Service are read from. */
export interface ServiceState {
  readonly services: readonly KubeObject[];
  readonly slices: readonly KubeObject[];
}

interface ServicePort {
  readonly name?: string;
  readonly port?: number;
}

interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

/** A pod's endpoint in an EndpointSlice, with what Prometheus wants to know of it. */
export interface PodEndpoint extends Endpoint {
  readonly podIP: string;
  readonly pod: string;
  readonly portName: string;
}

/**
 * The endpoints that requests to `host:port` reach, as kube-proxy picks them: the ready ones, and when there is none, those
 * that terminate but still serve. Empty when the Service or its port does not exist.
 */
export function endpointsOf(
  target: Pick<Cluster, 'host' | 'port'>,
  state: ServiceState,
  emissaryNamespace: string,
): Endpoint[] {
  const [name = '', namespace = emissaryNamespace] = target.host.split('.');
  const service = state.services.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  const ports = (service?.spec as { ports?: ServicePort[] } | undefined)?.ports ?? [];
  const port = ports.find(candidate => candidate.port === target.port);
  if (port === undefined) return [];
  return podEndpoints(name, namespace, state.slices)
    .filter(({ portName }) => portName === (port.name ?? ''))
    .map(({ address, port: number }) => ({ address, port: number }));
}

/** All endpoints of a Service that may be asked, one for each of their ports. */
export function podEndpoints(
  service: string,
  namespace: string,
  slices: readonly KubeObject[],
): PodEndpoint[] {
  const found = slices
    .filter(({ metadata }) => metadata.namespace === namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(slice => {
      const endpoints = (slice.endpoints ?? []) as SliceEndpoint[];
      const ports = (slice.ports ?? []) as ServicePort[];
      return endpoints.flatMap(endpoint => ports.map(port => ({ endpoint, port })));
    });
  const ready = found.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const draining = found.filter(
    ({ endpoint: { conditions } }) => conditions?.serving === true && conditions.terminating === true,
  );
  return (ready.length > 0 ? ready : draining).flatMap(({ endpoint, port }) =>
    (endpoint.addresses ?? []).filter(isPodAddress).map(podIP => ({
      address: loopbackOf(podIP),
      podIP,
      port: port.port ?? 0,
      portName: port.name ?? '',
      pod: endpoint.targetRef?.name ?? '',
    })),
  );
}

/** Anything else, such as an address in a hand-made EndpointSlice, is never dialled. */
function isPodAddress(address: string): boolean {
  return address.startsWith('10.244.');
}
