import { crc32, inflateRawSync } from 'node:zlib';

const directoryEnd = 0x06054b50;
const directoryHeader = 0x02014b50;
const fileHeader = 0x04034b50;
const stored = 0;
const deflated = 8;
/** Above what a program takes. */
const mostBytes = 256 * 1024 * 1024;

/**
 * The first file of a zip archive whose path is wanted; `undefined` where there is none. Throws for what is no archive, or has been
 * damaged, or is packed in another way than all archives are.
 */
export function readZipped(archive: Buffer, isWanted: (path: string) => boolean): Buffer | undefined {
  const end = archive.lastIndexOf(uint32(directoryEnd));
  if (end < 0) throw new Error('it is no zip archive');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry++) {
    if (archive.readUInt32LE(at) !== directoryHeader) throw new Error('its directory is damaged');
    const name = archive.readUInt16LE(at + 28);
    const path = archive.toString('utf8', at + 46, at + 46 + name);
    if (isWanted(path)) return unpack(archive, at);
    at += 46 + name + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return undefined;
}

/** `at` is that of its entry in the directory, which knows the sizes. */
function unpack(archive: Buffer, at: number): Buffer {
  const method = archive.readUInt16LE(at + 10);
  const packedSize = archive.readUInt32LE(at + 20);
  const file = archive.readUInt32LE(at + 42);
  if (archive.readUInt32LE(file) !== fileHeader) throw new Error('its directory is damaged');
  const start = file + 30 + archive.readUInt16LE(file + 26) + archive.readUInt16LE(file + 28);
  const packed = archive.subarray(start, start + packedSize);
  if (method !== stored && method !== deflated) throw new Error(`it is packed by method ${method}`);
  const content = method === stored ? packed : inflateRawSync(packed, { maxOutputLength: mostBytes });
  if (crc32(content) !== archive.readUInt32LE(at + 16)) throw new Error('a file in it is damaged');
  return content;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
