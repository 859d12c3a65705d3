import { crc32, deflateSync } from 'node:zlib';
import type { IndexedPicture } from './palette.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** An opaque or transparent picture as a PNG file: 8 bits each of red, green, blue and alpha, row by row. */
export function encodePng(width: number, height: number, rgba: Uint8Array): Buffer {
  return Buffer.concat([
    signature,
    header(width, height, 6),
    pixels(height, width * 4, rgba),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture of at most 256 colours as a PNG file, which is a third of the size. */
export function encodeIndexedPng({ width, height, palette, indices }: IndexedPicture): Buffer {
  return Buffer.concat([
    signature,
    header(width, height, 3),
    chunk('PLTE', Buffer.from(palette.flat())),
    pixels(height, width, indices),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function header(width: number, height: number, colours: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([8, colours, 0, 0, 0], 8);
  return chunk('IHDR', data);
}

/** Each row starts with the number of its filter; 0 leaves it as it is. */
function pixels(height: number, rowBytes: number, data: Uint8Array): Buffer {
  const rows = Buffer.alloc(height * (rowBytes + 1));
  for (let y = 0; y < height; y++)
    rows.set(data.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  return chunk('IDAT', deflateSync(rows, { level: 9 }));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
