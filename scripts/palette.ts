import type { Picture } from './png-read.ts';

/** A picture of at most 256 colours, as a number of its colour for each pixel. */
export interface IndexedPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each colour. */
  readonly palette: readonly (readonly [number, number, number])[];
  readonly indices: Uint8Array;
}

/** The picture in 256 of its colours, each other one as the nearest of them: screens of text lose nothing that is seen. */
export function withPalette({ width, height, rgba }: Picture): IndexedPicture {
  const keyAt = (pixel: number) =>
    ((rgba[pixel * 4] ?? 0) << 16) | ((rgba[pixel * 4 + 1] ?? 0) << 8) | (rgba[pixel * 4 + 2] ?? 0);
  const counts = new Map<number, number>();
  for (let pixel = 0; pixel < width * height; pixel++)
    counts.set(keyAt(pixel), (counts.get(keyAt(pixel)) ?? 0) + 1);
  const palette = chosen(counts);
  const numbers = new Map([...counts.keys()].map(key => [key, nearest(palette, colourOf(key))]));
  const indices = Uint8Array.from({ length: width * height }, (_, pixel) => numbers.get(keyAt(pixel)) ?? 0);
  return { width, height, palette, indices };
}

type Colour = IndexedPicture['palette'][number];

/**
 * One after the other the colour whose pixels are off most as yet, all taken together: a small sign in a colour of its own is worth
 * more than one more shade of grey.
 */
function chosen(counts: ReadonlyMap<number, number>): readonly Colour[] {
  const rest = [...counts].map(([key, count]) => ({ colour: colourOf(key), count, off: Infinity }));
  const palette: Colour[] = [];
  while (palette.length < Math.min(256, rest.length)) {
    const worst = rest.reduce((a, b) => (lossOf(b) > lossOf(a) ? b : a));
    palette.push(worst.colour);
    for (const one of rest) one.off = Math.min(one.off, distance(one.colour, worst.colour));
  }
  return palette;
}

/** Before any is chosen, all are off alike. */
function lossOf({ count, off }: { readonly count: number; readonly off: number }): number {
  return count * Math.min(off, 3 * 255 ** 2);
}

function nearest(palette: readonly Colour[], colour: Colour): number {
  return palette.reduce(
    (best, one, index) => (distance(one, colour) < distance(palette[best] ?? one, colour) ? index : best),
    0,
  );
}

function distance([r, g, b]: Colour, [red, green, blue]: Colour): number {
  return (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
}

function colourOf(key: number): Colour {
  return [key >> 16, (key >> 8) & 255, key & 255];
}
