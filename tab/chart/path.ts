export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through the points for an SVG path; an unknown one leaves a gap. */
export function linePath(points: readonly (Point | undefined)[]): string {
  return points
    .map((point, index) => {
      if (point === undefined) return '';
      return `${points[index - 1] === undefined ? 'M' : 'L'}${short(point.x)} ${short(point.y)}`;
    })
    .join('');
}

/** A line that keeps its height until the next point, as a limit or a weight does. */
export function stepPath(points: readonly (Point | undefined)[], until: number): string {
  return points
    .map((point, index) => {
      if (point === undefined) return '';
      const start = points[index - 1] === undefined ? 'M' : 'L';
      const end = Math.max(point.x, points[index + 1]?.x ?? until);
      return `${start}${short(point.x)} ${short(point.y)}H${short(end)}`;
    })
    .join('');
}

/** One decimal is a tenth of a pixel, and keeps 500 points small. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
