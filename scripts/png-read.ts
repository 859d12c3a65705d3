import { inflateSync } from 'node:zlib';

/** A picture as it is on a screen: red, green, blue and alpha of each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Reads the PNG files that browsers write: 8 bits a channel, with or without alpha, not interlaced. Throws on any other. */
export function decodePng(file: Buffer): Picture {
  const parts: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  if (header === undefined) throw new Error('this is no PNG file');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colours, , , interlaced] = header.subarray(8);
  if (depth !== 8 || (colours !== 2 && colours !== 6) || interlaced !== 0)
    throw new Error(`a PNG file of ${depth} bits and colour type ${colours} is not read here`);
  const channels = colours === 6 ? 4 : 3;
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++)
    rgba.set(rows.subarray(pixel * channels, (pixel + 1) * channels), pixel * 4);
  return { width, height, rgba };
}

/** Takes back what was done to each row so that it packs well: a difference to the bytes left, above, or left above. */
function unfiltered(data: Buffer, rowBytes: number, height: number, channels: number): Uint8Array {
  const rows = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (rowBytes + 1)];
    const start = y * rowBytes;
    for (let x = 0; x < rowBytes; x++) {
      const left = x >= channels ? (rows[start + x - channels] ?? 0) : 0;
      const above = y > 0 ? (rows[start + x - rowBytes] ?? 0) : 0;
      const corner = x >= channels && y > 0 ? (rows[start + x - rowBytes - channels] ?? 0) : 0;
      rows[start + x] = (data[y * (rowBytes + 1) + 1 + x] ?? 0) + predicted(filter, left, above, corner);
    }
  }
  return rows;
}

function predicted(filter: number | undefined, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) throw new Error(`a PNG file has no filter ${filter}`);
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
