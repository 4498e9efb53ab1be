import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Link } from '../../src/api/link.ts';
import { applyNameTemplate, remoteName, safeName, unusedName, withoutGzip } from '../../src/download/name.ts';

const linkTo = (url: string, name?: string): Link => ({
  ...{ identity: 'x', index: 0, auth: 'none', issuedAt: 0, expiresAt: undefined },
  ...{ url: new URL(url, 'https://store.example.com/'), name, size: undefined, checksums: {} },
});

const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³]) *(\.|$)/i;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}/\\:*?"<>|]/u;

/** Text that is mostly made of what is dangerous in a name. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '\\',
        '.',
        '..',
        '-',
        '~',
        ' ',
        '\0',
        '\n',
        '\u001b[31m',
        '\u202e',
        '\u200d',
        '\ufeff',
      ),
      fc.constantFrom(
        'con',
        'NUL',
        'com1',
        'lpt9.txt',
        'aux ',
        'com¹',
        '.gz',
        '.csv',
        'e\u0301',
        'é',
        '\u0301',
        '🙂',
        '\ud800',
      ),
      fc.constantFrom(
        '<',
        '>',
        ':',
        '"',
        '|',
        '?',
        '*',
        '\u0085',
        '\u2028',
        'a'.repeat(190),
        'ü'.repeat(120),
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('a safe name', () => {
  it('is one visible path segment for every file system, whatever it was', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const name = safeName(text);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(name).not.toMatch(UNSAFE);
        expect(name).not.toMatch(/^[.~\s-]|[.\s]$/u);
        expect(name).not.toMatch(RESERVED);
        expect(name).toBe(name.normalize('NFC'));
      }),
      { numRuns: 2000 },
    );
  });

  it('is its own safe name', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const name = safeName(text);
        expect(safeName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['report 2024 (final).csv', 'report 2024 (final).csv'],
    ['Zürich – Übersicht.csv', 'Zürich – Übersicht.csv'],
    ['エクスポート.zip', 'エクスポート.zip'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\a.csv', 'a.csv'],
    ['.bashrc', 'bashrc'],
    ['-rf', 'rf'],
    ['-.-con.csv', '_con.csv'],
    ['NUL', '_NUL'],
    ['aux .txt', '_aux .txt'],
    ['COM¹', '_COM¹'],
    ['lpt³.tar.gz', '_lpt³.tar.gz'],
    ['CONIN$', '_CONIN$'],
    ['com¹0 auxiliary.txt', 'com¹0 auxiliary.txt'],
    [`nul${' '.repeat(300)}x.txt`, `_nul${' '.repeat(192)}.txt`],
    ['a<b>c:d.csv', 'a_b_c_d.csv'],
    ['a\u202egpj.csv', 'agpj.csv'],
    ['e\u0301.csv', 'é.csv'],
    ['a.csv. .', 'a.csv'],
    ['...', ''],
    ['', ''],
  ])('of %j is %j', (text, name) => {
    expect(safeName(text)).toBe(name);
  });

  it('keeps the extension of a name that is too long', () => {
    for (const letter of ['a', 'ü', '🙂']) {
      const name = safeName(`${letter.repeat(400)}.csv.gz`);
      expect(name).toMatch(/^.{40,}\.csv\.gz$/u);
      expect(Buffer.byteLength(name)).toBeGreaterThan(190);
    }
  });
});

describe('the name of a remote file', () => {
  const link = linkTo(
    '/path/from%20path.csv?response-content-disposition=attachment%3B%20filename%3D%22from%20query.csv%22',
    'from api.csv',
  );

  it('comes from Content-Disposition, the link’s query, the API or the path, in this order', () => {
    expect(remoteName(link, 'attachment; filename="from header.csv"')).toBe('from header.csv');
    expect(remoteName(link)).toBe('from query.csv');
    expect(remoteName(linkTo('/path/from%20path.csv?x=1', 'from api.csv'))).toBe('from api.csv');
    expect(remoteName(linkTo('/path/from%20path.csv?x=1'))).toBe('from path.csv');
    expect(remoteName(linkTo('/path/folder/'))).toBe('folder');
    expect(remoteName(linkTo('/'))).toBe('export');
  });

  it.each([
    ['attachment; filename=plain.csv', 'plain.csv'],
    ['attachment; filename="with \\"quotes\\".csv"', 'with _quotes_.csv'],
    ["attachment; filename*=UTF-8''%E2%82%AC%20rates.csv", '€ rates.csv'],
    ['attachment; filename="EURO rates.csv"; filename*=UTF-8\'\'%E2%82%AC%20rates.csv', '€ rates.csv'],
    ["attachment; filename*=iso-8859-1''Z%FCrich.csv", 'Zürich.csv'],
    ['inline; FileName="upper.csv"', 'upper.csv'],
    ['attachment; filename=unquoted with spaces.csv', 'unquoted with spaces.csv'],
    ['attachment; filename=unquoted with spaces.csv; size=5', 'unquoted with spaces.csv'],
    ['attachment; filename="../../up.csv"', 'up.csv'],
  ])('is read from %j as %j', (header, name) => {
    expect(remoteName(link, header)).toBe(name);
  });

  it.each([
    ['latin1', Buffer.from('attachment; filename="Zürich.csv"', 'latin1')],
    ['UTF-8', Buffer.from('attachment; filename="Zürich.csv"', 'utf8')],
    ['unquoted UTF-8', Buffer.from('attachment; filename=Zürich.csv', 'utf8')],
  ])('is read from a header in %s', (_, header) => {
    expect(remoteName(link, header.toString('latin1'))).toBe('Zürich.csv');
  });

  it.each([
    'attachment',
    'attachment; filename=""',
    'attachment; filename="..."',
    '',
    ';;;',
    'attachment; size=5',
  ])('is looked for elsewhere when the header has none: %j', (header) => {
    expect(remoteName(link, header)).toBe('from query.csv');
  });

  it('never fails, and is never empty', () => {
    fc.assert(
      fc.property(hostile, fc.string({ unit: 'binary' }), (path, header) => {
        const odd = linkTo(`/${encodeURIComponent(path.replaceAll(/\p{Cs}/gu, ''))}`);
        expect(remoteName(odd, `attachment; filename=${header}`)).not.toBe('');
        expect(remoteName(linkTo('/%E0%A4%A'), header)).not.toBe('');
      }),
    );
  });
});

describe('without its gzip layer', () => {
  it.each([
    ['a.csv.gz', 'a.csv'],
    ['a.csv.GZ', 'a.csv'],
    ['a.gzip', 'a'],
    ['a.tgz', 'a.tar'],
    ['a.csv', 'a.csv'],
    ['gz', 'gz'],
    ['.gz', '.gz'],
  ])('%s is %s', (name, expected) => {
    expect(withoutGzip(name)).toBe(expected);
  });
});

describe('a name template', () => {
  const file = { provider: 'webadmit', id: '86446/74780', index: 2, name: 'data.csv.gz' };

  it.each([
    ['{name}', 'data.csv.gz'],
    ['{provider}-{id}-{index}.{name}', 'webadmit-86446-74780-3.data.csv.gz'],
    ['{stem}_{index}{ext}', 'data_3.csv.gz'],
    ['{unknown}{constructor}', '{unknown}{constructor}'],
    ['sub/{name}', 'sub-data.csv.gz'],
    ['../{name}', 'data.csv.gz'],
    ['', 'export'],
  ])('%j gives %j', (template, name) => {
    expect(applyNameTemplate(template, file)).toBe(name);
  });

  it('knows a name without an extension', () => {
    expect(applyNameTemplate('{stem}-1{ext}', { ...file, name: 'data' })).toBe('data-1');
  });
});

describe('a name that is taken', () => {
  it('is numbered before its extension', () => {
    const taken = new Set(['a.csv.gz', 'a (2).csv.gz', 'b']);
    const unused = (name: string) => unusedName(name, (one) => taken.has(one));
    expect(unused('a.csv.gz')).toBe('a (3).csv.gz');
    expect(unused('b')).toBe('b (2)');
    expect(unused('c.csv')).toBe('c.csv');
  });
});

describe('the name of a manifest', () => {
  const file = { provider: 'acme', id: '7', index: 0 };

  it.each([
    ['custom-ok.manifest.json', 'custom-ok_manifest.json'],
    ['custom-ok.Manifest.JSON', 'custom-ok_Manifest.JSON'],
    ['custom-ok.manifest.json.tmp', 'custom-ok_manifest.json.tmp'],
    ['custom-ok.manife\u017ft.json', 'custom-ok_manife\u017ft.json'],
    ['custom-ok.manifest.json . ', 'custom-ok_manifest.json'],
  ])('is never that of a file: %j', (name, expected) => {
    expect(applyNameTemplate('{name}', { ...file, name: safeName(name) })).toBe(expected);
  });

  it('is not made by a template either', () => {
    const name = 'manifest.json';
    expect(applyNameTemplate('{provider}-{id}.{name}', { ...file, name })).toBe('acme-7_manifest.json');
  });
});

describe('a name that is megabytes long', () => {
  it.each([['a'], ['ü'], [' '], ['. '], ['\u202e'], ['/'], ['a\\']])('takes no time: %j', (piece) => {
    const started = performance.now();
    const name = safeName(`x${piece.repeat(2_000_000)}.csv.gz`);
    expect(performance.now() - started).toBeLessThan(500);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/csv\.gz$/);
  });
});

describe('a secret in a name', () => {
  it('is masked, wherever the name comes from', () => {
    const mask = (text: string): string => text.replaceAll('s3cret', '***');
    expect(remoteName(linkTo('/x/for%2Ds3cret.csv'), undefined, mask)).toBe('for-___.csv');
    expect(remoteName(linkTo('/x'), 'attachment; filename="s3cret.csv"', mask)).toBe('___.csv');
    expect(remoteName(linkTo('/x', 's3cret.csv'), undefined, mask)).toBe('___.csv');
  });
});
