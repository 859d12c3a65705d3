/**
 * The resource of Entra ID that this address of an Azure Monitor workspace wants tokens for: each cloud has its own. `undefined` for
 * any other Prometheus, and over plain HTTP, on which a token would be everybody's.
 */
export function azureMonitorResource(address: string): string | undefined {
  const { protocol, hostname } = new URL(address);
  const [, cloud] = /(?:^|\.)prometheus\.monitor\.azure\.(com|us|cn)$/.exec(hostname) ?? [];
  return protocol === 'https:' && cloud !== undefined
    ? `https://prometheus.monitor.azure.${cloud}`
    : undefined;
}
