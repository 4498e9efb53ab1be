import type { Delivery, Scenario } from '../scenarios/scenario.ts';
import { eventsCsv } from './events.ts';
import { storedZip, type ZipEntry } from './zip.ts';

/** The bytes of a file before any gzip: what is to be on disk in the end. */
export function contentsOf(scenario: Scenario, delivery: Delivery, rows: number): Iterable<Buffer> {
  const csv = (part: string, headerRow = true) =>
    eventsCsv({
      seed: `${scenario.provider}/${scenario.id}/${part}`,
      rows,
      headerRow,
      encoding: scenario.provider === 'webadmit' ? 'latin1' : 'utf8',
    });
  if (delivery.content !== 'zip') return csv(delivery.name, delivery.headerRow ?? true);
  return storedZip(scenario.provider === 'personium' ? cellArchive(csv) : archiveOfParts(delivery.name, csv));
}

/** Several CSV files, each with a header row. */
function archiveOfParts(name: string, csv: (part: string) => Iterable<Buffer>): ZipEntry[] {
  const stem = name.replace(/\.zip$/, '');
  return [1, 2].map((part) => {
    const entry = `${stem}-part${part}.csv`;
    return { name: entry, chunks: () => csv(entry) };
  });
}

/** The layout of a Personium cell export: manifest, cell, and the files that the cell holds. */
function cellArchive(csv: (part: string) => Iterable<Buffer>): ZipEntry[] {
  const json = (value: unknown) => () => [Buffer.from(JSON.stringify(value))];
  return [
    {
      name: '00_manifest.json',
      chunks: json({ export_version: 2, create_date: Date.UTC(2017, 1, 13, 9) }),
    },
    { name: '10_odata/00_cell.json', chunks: json({ Name: 'cell1' }) },
    { name: '20_webdav/events.csv', chunks: () => csv('events.csv') },
  ];
}
