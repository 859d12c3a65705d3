import { podEndpoints, type ServiceState } from '../emissary/endpoints.ts';

/** A group of Prometheus' file-based service discovery. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The pods behind every Service, with the labels that a ServiceMonitor gives. Of a Service with several ports the one called
 * `metrics` is asked, else the first.
 */
export function podTargets({ services, slices }: ServiceState): TargetGroup[] {
  return services.flatMap(({ metadata: { name, namespace = 'default' } }) => {
    const endpoints = podEndpoints(name, namespace, slices);
    const port = endpoints.find(({ portName }) => portName === 'metrics')?.portName ?? endpoints[0]?.portName;
    return endpoints
      .filter(({ portName }) => portName === port)
      .map(({ address, port: number, podIP, pod, portName }) => ({
        targets: [`${address}:${number}`],
        labels: {
          namespace,
          service: name,
          job: name,
          pod,
          endpoint: portName,
          instance: `${podIP}:${number}`,
        },
      }));
  });
}

/** What the chart's ServiceMonitor makes of Emissary's pod: the admin Service is the job. */
export function emissaryTarget(adminUrl: string, namespace: string): TargetGroup {
  return {
    targets: [new URL(adminUrl).host],
    labels: {
      namespace,
      service: 'emissary-ingress-admin',
      job: 'emissary-ingress-admin',
      pod: 'emissary-ingress-7d9c5b8f6d-x2x4k',
      endpoint: 'ambassador-admin',
      container: 'emissary-ingress',
      instance: '10.244.255.1:8877',
    },
  };
}
