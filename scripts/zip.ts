import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** A file in a zip archive, by its path with forward slashes. */
export interface ZipEntry {
  readonly path: string;
  readonly content: Buffer;
}

/** 1980-01-01 00:00, the first moment that a zip archive can name. */
const fixedDate = { time: 0, date: 0x0021 } as const;
const deflated = 8;
const fileHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const directoryEnd = 0x06054b50;
/** Names are in UTF-8. */
const utf8Names = 0x0800;

/**
 * An archive whose bytes depend on nothing but the entries, in their order, and the Node that compresses: one fixed date, no
 * rights, no comments.
 */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content } of entries) {
    const name = Buffer.from(path, 'utf8');
    const packed = deflateRawSync(content, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // the version of the format that a reader needs: 2.0, deflate
    common.writeUInt16LE(utf8Names, 2);
    common.writeUInt16LE(deflated, 4);
    common.writeUInt16LE(fixedDate.time, 6);
    common.writeUInt16LE(fixedDate.date, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    files.push(uint32(fileHeader), common, name, packed);

    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(uint32(directoryHeader), Buffer.from([20, 0]), common, rest, name);
    offset += 4 + common.length + name.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, listing, uint32(directoryEnd), end]);
}

/** The files of an archive of the plain kind: one disk, deflated or stored, no encryption, at most 4 GiB. Throws on any other. */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  const end = archive.lastIndexOf(uint32(directoryEnd));
  if (end < 0) throw new Error('This is no zip archive: the end of its directory is missing.');
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = archive.readUInt16LE(at + 28);
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const method = archive.readUInt16LE(at + 10);
    const start = archive.readUInt32LE(at + 42);
    const content = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
    const packed = archive.subarray(content, content + archive.readUInt32LE(at + 20));
    if (method !== 0 && method !== deflated)
      throw new Error(`${path} is packed by method ${method}, expected 0 or 8.`);
    const plain = method === 0 ? packed : inflateRawSync(packed);
    if (crc32(plain) !== archive.readUInt32LE(at + 16))
      throw new Error(`${path} is damaged: its checksum does not fit.`);
    if (!path.endsWith('/')) entries.push({ path, content: plain });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
