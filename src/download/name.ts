import { isUtf8 } from 'node:buffer';

import { parse } from 'content-disposition';
import sanitize from 'sanitize-filename';

import type { Link } from '../api/link.ts';

const LONGEST_NAME_BYTES = 200;
const FALLBACK = 'export';
/** What Windows takes for a device, whatever its extension, and also with spaces before that. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])(?=\s*(\.|$))/i;
/** Names of manifests, and of what becomes one: a server that could choose them could forge a complete export. */
const MANIFEST = /\.(manifest\.json(?:\.tmp)?)$/iu;

/**
 * The name of a remote file: `Content-Disposition` (RFC 6266, 8187), else the link's own
 * `response-content-disposition`, else the name that the API gives, else the last segment of the path. Made safe; with
 * `mask`, without any secret that it echoes.
 */
export function remoteName(
  link: Link,
  contentDisposition?: string,
  mask: (text: string) => string = (text) => text,
): string {
  const candidates = [
    dispositionName(contentDisposition),
    dispositionName(link.url.searchParams.get('response-content-disposition') ?? undefined),
    link.name,
    decodePath(link.url.pathname.split('/').findLast((segment) => segment !== '')),
  ];
  for (const candidate of candidates) {
    const name = safeName(mask(candidate ?? ''));
    if (name !== '') return name;
  }
  return FALLBACK;
}

/** The name once a layer of gzip was taken off: `a.csv.gz` is `a.csv`, `a.tgz` is `a.tar`. */
export function withoutGzip(name: string): string {
  const stripped = name.replace(/\.tgz$/i, '.tar').replace(/(?<=.)\.gz(ip)?$/i, '');
  return stripped === '' ? name : stripped;
}

/**
 * One path segment that every file system takes: NFC, without separators, control and bidirectional characters, not
 * hidden, not an option, no reserved device name, at most 200 bytes (the extension is kept). Empty when nothing is
 * left.
 */
export function safeName(name: string): string {
  const visible = shortened(lastSegment(name))
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    // Only now, because what is gone may have stood between a letter and its accent.
    .normalize('NFC')
    .replace(/^[\s.~-]+/u, '')
    .replace(/[\s.]+$/u, '');
  // Truncated first, since what is cut out may be what made it no device.
  const harmless = truncate(truncate(visible).replace(DEVICE, '_$&'));
  return sanitize(harmless, { replacement: '_' });
}

/** A path, of either kind, stands for its last segment. */
function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Enough for every name with all that will be removed from it; a server may send megabytes. */
const LONGEST_INPUT = 8 * LONGEST_NAME_BYTES;

/** Drops the middle, so that the extension is kept. */
function shortened(name: string): string {
  if (name.length <= LONGEST_INPUT) return name;
  return name.slice(0, LONGEST_INPUT - LONGEST_NAME_BYTES) + name.slice(-LONGEST_NAME_BYTES);
}

/**
 * Fills `{provider} {id} {index} {name} {stem} {ext}` in; `index` counts from 1, `ext` has its dot. The result is never
 * the name of a manifest.
 */
export function applyNameTemplate(
  template: string,
  file: { provider: string; id: string; index: number; name: string },
): string {
  const dot = file.name.indexOf('.', 1);
  const values = new Map([
    ['provider', file.provider],
    ['id', file.id.replaceAll('/', '-')],
    ['index', String(file.index + 1)],
    ['name', file.name],
    ['stem', dot < 0 ? file.name : file.name.slice(0, dot)],
    ['ext', dot < 0 ? '' : file.name.slice(dot)],
  ]);
  const filled = template.replace(/\{(\w+)\}/g, (whole, key: string) => values.get(key) ?? whole);
  const name = safeName(filled.replaceAll('/', '-')) || FALLBACK;
  return name.replace(MANIFEST, '_$1');
}

/** `name`, or the first of `name (2)`, `name (3)`, … that is not taken; the number stands before the extension. */
export function unusedName(name: string, isTaken: (name: string) => boolean): string {
  const dot = name.indexOf('.', 1);
  const [stem, ext] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  let candidate = name;
  for (let n = 2; isTaken(candidate); n += 1) candidate = `${stem} (${n})${ext}`;
  return candidate;
}

function dispositionName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    return decodeHeader(parse(header).parameters['filename']);
  } catch {
    // Names with unquoted spaces break the grammar and are common all the same.
    return decodeHeader(/filename\s*=\s*"?([^";]+)"?/i.exec(header)?.[1]?.trim());
  }
}

/** The bytes of a header arrive as latin1; a sender who does not know RFC 8187 mostly means UTF-8 by them. */
function decodeHeader(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'latin1');
  const isLossless = bytes.toString('latin1') === text;
  return isLossless && isUtf8(bytes) ? bytes.toString('utf8') : text;
}

function decodePath(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function truncate(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name;
  const ext = /(\.[^.]{1,10}){0,2}$/u.exec(name)?.[0] ?? '';
  const chars = Array.from(name.slice(0, name.length - ext.length));
  while (Buffer.byteLength(chars.join('') + ext) > LONGEST_NAME_BYTES) chars.pop();
  return (chars.join('') + ext).replace(/[\s.]+$/u, '');
}
