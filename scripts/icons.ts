import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { circle, outline, rasterise, roundedBox, type Shape } from './drawing.ts';
import { root, taskFolder } from './layout.ts';
import { encodePng } from './png.ts';

// `npx tsx scripts/icons.ts` draws the two icons: a canary with an ambassador's bow tie, in units of 128.

const blue = [22, 84, 138] as const;
const navy = [16, 38, 62] as const;
const yellow = [255, 209, 51] as const;
const amber = [240, 160, 16] as const;
const orange = [255, 122, 26] as const;
const white = [255, 255, 255] as const;
const red = [214, 48, 58] as const;

const canary: readonly Shape[] = [
  { colour: blue, contains: roundedBox([0, 0], [128, 128], 26) },
  // beak, under the head
  { colour: orange, contains: outline([92, 32], [[116, 43]], [[92, 54]]) },
  // head, breast, belly and tail
  {
    colour: yellow,
    contains: outline(
      [98, 42],
      [
        [97, 25],
        [82, 15],
        [67, 18],
      ],
      [
        [54, 21],
        [48, 33],
        [46, 44],
      ],
      [
        [42, 62],
        [30, 76],
        [10, 92],
      ],
      [[21, 107]],
      [
        [33, 101],
        [42, 102],
        [52, 107],
      ],
      [
        [80, 117],
        [104, 98],
        [102, 71],
      ],
      [
        [101, 60],
        [98, 54],
        [98, 42],
      ],
    ),
  },
  // wing
  {
    colour: amber,
    contains: outline(
      [45, 60],
      [
        [56, 54],
        [76, 60],
        [76, 77],
      ],
      [
        [76, 93],
        [52, 100],
        [28, 93],
      ],
      [
        [40, 84],
        [44, 72],
        [45, 60],
      ],
    ),
  },
  { colour: navy, contains: circle([81, 37], 6) },
  { colour: white, contains: circle([83, 35], 2) },
  // bow tie
  { colour: red, contains: outline([94, 65], [[78, 56]], [[77, 75]]) },
  { colour: red, contains: outline([94, 65], [[111, 57]], [[110, 75]]) },
  { colour: red, contains: circle([94, 65], 5) },
];

async function draw(path: string, size: number): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), encodePng(size, size, rasterise(canary, 128, size)));
}

await draw('images/icon.png', 128);
await draw(`${taskFolder}/icon.png`, 32);
