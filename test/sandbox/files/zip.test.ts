import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { storedZip } from '../../../src/sandbox/files/zip.ts';

it('holds every entry at the place that its directory names', () => {
  const name = fc.stringMatching(/^[a-z0-9_]{1,8}\.csv$/);
  const chunks = fc.array(
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    {
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(fc.dictionary(name, chunks, { maxKeys: 4 }), (files) => {
      const entries = Object.entries(files).map(([name, parts]) => ({ name, chunks: () => parts }));
      const archive = Buffer.concat([...storedZip(entries)]);
      const expected = Object.entries(files).map(([name, parts]) => [name, Buffer.concat(parts)]);
      expect(unzip(archive)).toEqual(expected);
    }),
  );
});

/** Reads a stored archive from its end, as unzip programs do. */
function unzip(archive: Buffer): [string, Buffer][] {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  const files: [string, Buffer][] = [];
  let record = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    expect(archive.readUInt32LE(record)).toBe(0x02014b50);
    const nameLength = archive.readUInt16LE(record + 28);
    const name = archive.toString('latin1', record + 46, record + 46 + nameLength);
    const local = archive.readUInt32LE(record + 42);
    expect(archive.readUInt32LE(local)).toBe(0x04034b50);
    const start = local + 30 + archive.readUInt16LE(local + 26);
    const bytes = archive.subarray(start, start + archive.readUInt32LE(record + 24));
    expect(crc32(bytes)).toBe(archive.readUInt32LE(record + 16));
    files.push([name, bytes]);
    record += 46 + nameLength;
  }
  expect(record).toBe(end);
  return files;
}
