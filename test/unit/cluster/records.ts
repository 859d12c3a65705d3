import type { ReleaseRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';

/** The record of a release of `web`, by this run. */
export function record(run: string, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const place = { apiVersion: 'v1', kind: 'Service', name: 'web-canary', namespace: 'shop' };
  return {
    version: 1,
    run: { id: run, title: `Run ${run}`, url: `https://ci.example/${run}` },
    state: 'running',
    phase: 'starting',
    weight: 0,
    startedAt: '2026-01-01T00:00:00Z',
    release: 'web, api',
    routes: [{ stable: { ...place, name: 'web' }, twin: place }],
    canary: [place],
    added: [],
    workloads: [{ ...place, name: 'web' }],
    locks: [{ namespace: 'shop', name: 'web-canary' }],
    ...more,
  };
}
