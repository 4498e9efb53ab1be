import { crc32 } from 'node:zlib';

/** A file of an archive. `chunks` is called twice and must give the same bytes both times. */
export interface ZipEntry {
  /** ASCII, with `/` between folders. */
  readonly name: string;
  readonly chunks: () => Iterable<Buffer>;
}

const VERSION = 20;
const STORED = 0;
// 1980-01-01 00:00, the first instant of the format, so that the bytes do not depend on when they are made.
const TIME = 0;
const DATE = 0x21;

/**
 * The archive's bytes (PKWARE APPNOTE 6.3), entries stored and not compressed, so that its size is plain to see.
 * Without zip64: at most 4 GiB.
 */
export function* storedZip(entries: readonly ZipEntry[]): Generator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, chunks } of entries) {
    let size = 0;
    let crc = 0;
    // The local header comes before the bytes and wants their sum, hence two passes over them.
    for (const chunk of chunks()) {
      size += chunk.length;
      crc = crc32(chunk, crc);
    }
    const fields = commonFields(Buffer.byteLength(name), size, crc);
    yield Buffer.concat([bytes('PK\x03\x04'), fields, bytes(name)]);
    yield* chunks();
    directory.push(centralRecord(name, fields, offset));
    offset += 4 + fields.length + Buffer.byteLength(name) + size;
  }
  const records = Buffer.concat(directory);
  yield records;
  yield endOfDirectory(entries.length, records.length, offset);
}

/** What the local header and the central record share, from "version needed" to "extra field length". */
function commonFields(nameLength: number, size: number, crc: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(STORED, 4);
  fields.writeUInt16LE(TIME, 6);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(size, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}

function centralRecord(name: string, fields: Buffer, offset: number): Buffer {
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(VERSION);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([bytes('PK\x01\x02'), madeBy, fields, rest, bytes(name)]);
}

function endOfDirectory(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries, 4);
  end.writeUInt16LE(entries, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([bytes('PK\x05\x06'), end]);
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
