import assert from 'node:assert/strict';
import { withPalette } from '../../scripts/palette.ts';
import { encodeIndexedPng, encodePng } from '../../scripts/png.ts';
import { decodePng } from '../../scripts/png-read.ts';

describe('pictures', () => {
  const [width, height] = [7, 5];
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, index) =>
    index % 4 === 3 ? 255 : (index * 37) % 256,
  );

  it('are read as they were written', () => {
    assert.deepEqual(decodePng(encodePng(width, height, rgba)), { width, height, rgba });
  });

  it('keep each colour where there are no more than 256 of them', () => {
    const { palette, indices } = withPalette({ width, height, rgba });
    const again = [...indices].flatMap(index => [...(palette[index] ?? []), 255]);
    assert.deepEqual(again, [...rgba]);
  });

  it('get the nearest colour where there are more', () => {
    // 400 colours, each with a neighbour that differs by one.
    const many = Uint8Array.from({ length: 400 * 4 }, (_, index) => {
      const pixel = index >> 2;
      return [pixel % 200, 0, pixel < 200 ? 0 : 1, 255][index % 4] ?? 0;
    });
    const { palette, indices } = withPalette({ width: 20, height: 20, rgba: many });
    assert.equal(palette.length, 256);
    for (const [pixel, index] of indices.entries()) {
      const [red = 0, , blue = 0] = palette[index] ?? [];
      assert.ok(Math.abs(red - (many[pixel * 4] ?? 0)) + Math.abs(blue - (many[pixel * 4 + 2] ?? 0)) <= 1);
    }
  });

  it('of few colours are small files, and no others are read here', () => {
    const flat = withPalette({ width: 100, height: 100, rgba: new Uint8Array(40_000).fill(255) });
    const file = encodeIndexedPng(flat);
    assert.ok(file.length < 200);
    assert.throws(() => decodePng(file), /colour type 3/);
  });
});
