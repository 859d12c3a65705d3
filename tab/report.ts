/** The tab knows the report's form only; nothing else of the step goes into the page. */
export {
  isSplit,
  outcomeWords,
  type Report,
  type ReportAnswer,
  type ReportCheck,
  type ReportPoint,
  type ReportRelease,
  type ReportRun,
  type ReportStep,
  reportAttachment,
  type TimelineEntry,
} from '../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
