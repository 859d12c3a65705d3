import assert from 'node:assert/strict';
import {
  type Report,
  reportAttachment,
} from '../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import type { JobResult } from './agent/test-agent.ts';

/** The last report that the main entry of a step attached, which the tab shows. */
export function reportOf({ main }: JobResult): Report {
  const reports = main.attachments.filter(({ type }) => type === reportAttachment);
  return JSON.parse(reports.at(-1)?.content ?? assert.fail('no report was attached'));
}
