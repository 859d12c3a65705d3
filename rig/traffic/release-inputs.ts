import { appNamespace } from './sample-app.ts';

/** How often the rig's Prometheus scrapes decides how long a step must be: times for somebody who watches. */
export function releaseInputs(
  prometheusUrl: string,
  scrapeIntervalSeconds: number,
): Readonly<Record<string, string>> {
  return {
    namespace: appNamespace,
    weights: '10, 25, 50',
    pause: `${Math.max(10, 3 * scrapeIntervalSeconds)}s`,
    interval: `${Math.max(2, scrapeIntervalSeconds)}s`,
    drain: `${Math.max(10, 3 * scrapeIntervalSeconds)}s`,
    rolloutTimeout: '2m',
    minimumRequests: '20',
    prometheus: prometheusUrl,
  };
}
