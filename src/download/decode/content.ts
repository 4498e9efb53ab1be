import { refuseCoding } from '../receive/receiving.ts';
import { gunzip, looksLikeGzip } from './gunzip.ts';
import { peek } from './peek.ts';

/** What a raw file holds, once its first bytes are known. */
export interface Content {
  readonly bytes: AsyncIterable<Buffer>;
  /** False when the raw bytes are the content. */
  readonly decoded: boolean;
  /**
   * The raw bytes, to be read instead of `bytes` by who decodes them elsewhere; undefined where they are more than one
   * layer of gzip away from the content.
   */
  readonly raw: AsyncIterable<Buffer> | undefined;
  /** A layer of gzip is gone that the file's name speaks of. */
  readonly gzipRemoved: boolean;
  /** Ends what was begun in order to find it; to be called by who gives the raw bytes up. */
  readonly close?: () => Promise<void>;
}

/** Enough to recognise gzip. */
const MAGIC_BYTES = 3;

/**
 * Finds the content of a raw file, pulling only its first bytes before it answers. Two layers are told apart:
 *
 * | `Content-Encoding` | the bytes below it | result |
 * | --- | --- | --- |
 * | none | gzip | inflated, or kept with `keepCompressed` |
 * | none | anything else | as it is |
 * | gzip | gzip | the coding removed, then as above |
 * | gzip | anything else | the coding removed |
 * | gzip, `keepCompressed`, a name in `.gz` | anything | as it is: the coding is the file's own |
 *
 * A file that was compressed twice loses one layer: the second belongs to its content.
 */
export async function openContent(
  raw: AsyncIterable<Buffer>,
  options: {
    /** Asked once the first bytes are there. */
    encoding: () => string | undefined;
    /** Of the raw file, in bytes. */
    size?: () => number | undefined;
    keepCompressed: boolean;
    name: () => string;
  },
): Promise<Content> {
  const outer = await peek(raw, MAGIC_BYTES);
  const encoding = options.encoding();
  if (encoding === undefined || outer.head.length === 0)
    return inflateFile(outer, options.keepCompressed, false, options.size?.());
  refuseCoding(encoding);
  // A store that labels a .gz file with the coding it already has does not compress it once more.
  const isOwn = options.keepCompressed && /\.t?gz(ip)?$/i.test(options.name());
  if (isOwn || !looksLikeGzip(outer.head)) return inflateFile(outer, options.keepCompressed, false);
  const inner = await peek(gunzip(outer.bytes), MAGIC_BYTES);
  const { bytes, close } = inner;
  if (looksLikeGzip(inner.head)) return { ...inflateFile(inner, options.keepCompressed, true), close };
  return { bytes, decoded: true, raw: undefined, gzipRemoved: true, close };
}

function inflateFile(
  { head, bytes }: { head: Buffer; bytes: AsyncIterable<Buffer> },
  keepCompressed: boolean,
  decoded: boolean,
  size?: number,
): Content {
  const raw = decoded ? undefined : bytes;
  if (!looksLikeGzip(head) || keepCompressed) return { bytes, decoded, raw, gzipRemoved: false };
  return { bytes: gunzip(bytes, size), decoded: true, raw, gzipRemoved: true };
}
