/** What keeps a report below half a megabyte. */
export const most = {
  points: 1_000,
  pointsOfCheck: 500,
  checks: 40,
  timeline: 300,
  issues: 50,
  detail: 300,
} as const;

/** A detail as a report has it. */
export function cutDetail(text: string): string {
  return text.length > most.detail ? `${text.slice(0, most.detail - 1)}…` : text;
}

/** A time as a report has it. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
