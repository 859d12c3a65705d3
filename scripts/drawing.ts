/** A point of the drawing, whose units the shapes agree on. */
export type Point = readonly [x: number, y: number];

/** An area filled with one colour, `[red, green, blue]`. */
export interface Shape {
  readonly colour: readonly [number, number, number];
  readonly contains: (x: number, y: number) => boolean;
}

/** The area inside an outline: after its start a list of straight lines (one point) and cubic curves (three points). */
export function outline(
  start: Point,
  ...parts: readonly (readonly [Point] | readonly [Point, Point, Point])[]
): Shape['contains'] {
  const corners: Point[] = [start];
  for (const part of parts) {
    const from = corners.at(-1) ?? start;
    if (part.length === 1) corners.push(part[0]);
    else for (let step = 1; step <= 24; step++) corners.push(onCurve(from, ...part, step / 24));
  }
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return (x, y) => {
    if (x < left || x > right || y < top || y > bottom) return false;
    let inside = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [ax, ay] = corners[i] ?? start;
      const [bx, by] = corners[j] ?? start;
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  };
}

export function circle([cx, cy]: Point, radius: number): Shape['contains'] {
  return (x, y) => (x - cx) ** 2 + (y - cy) ** 2 <= radius ** 2;
}

export function roundedBox([left, top]: Point, [right, bottom]: Point, radius: number): Shape['contains'] {
  return (x, y) => {
    const dx = Math.max(left + radius - x, x - (right - radius), 0);
    const dy = Math.max(top + radius - y, y - (bottom - radius), 0);
    return dx ** 2 + dy ** 2 <= radius ** 2;
  };
}

function onCurve([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point, [dx, dy]: Point, t: number): Point {
  const at = (a: number, b: number, c: number, d: number): number =>
    a * (1 - t) ** 3 + 3 * b * (1 - t) ** 2 * t + 3 * c * (1 - t) * t ** 2 + d * t ** 3;
  return [at(ax, bx, cx, dx), at(ay, by, cy, dy)];
}

/**
 * The shapes, later ones over earlier ones, as `size` × `size` pixels with alpha. `extent` is the side of the drawing in its
 * own units. Edges are smooth because every pixel is the mean of 8 × 8 looks at it.
 */
export function rasterise(shapes: readonly Shape[], extent: number, size: number): Uint8Array {
  const looks = 8;
  const pixels = new Uint8Array(size * size * 4);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const sum: [number, number, number] = [0, 0, 0];
    let covered = 0;
    for (let look = 0; look < looks * looks; look++) {
      const x = (((pixel % size) + ((look % looks) + 0.5) / looks) * extent) / size;
      const y = ((Math.floor(pixel / size) + (Math.floor(look / looks) + 0.5) / looks) * extent) / size;
      const top = shapes.findLast(shape => shape.contains(x, y));
      if (top === undefined) continue;
      covered++;
      for (const channel of [0, 1, 2] as const) sum[channel] += top.colour[channel];
    }
    if (covered === 0) continue;
    pixels.set(
      [...sum.map(value => Math.round(value / covered)), Math.round((covered * 255) / looks ** 2)],
      pixel * 4,
    );
  }
  return pixels;
}
