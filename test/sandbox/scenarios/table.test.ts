import { expect, it } from 'vitest';
import { createCatalogue } from '../../../src/sandbox/catalogue.ts';
import { scenarios } from '../../../src/sandbox/scenarios/table.ts';

const catalogue = createCatalogue();

it('has the ids of the vendors’ pages, all of which succeed', () => {
  const ids = [
    ['mytracker-raw', '4'],
    ['mytracker-segment', '1'],
    ['webadmit', '86446/74780'],
    ['personium', 'CellExport_2017_01'],
    ['rebilly', '4f6cf35x-2c4y-483z-a0a9-158621f77a21'],
  ] as const;
  for (const [provider, id] of ids) {
    const scenario = catalogue.find(provider, id);
    expect(scenario).toMatchObject({ outcome: 'ready', exitCode: 0 });
    expect(scenario?.files.length).toBeGreaterThan(0);
  }
});

it('reaches every documented status of every provider', () => {
  const words = (provider: string) =>
    new Set(scenarios.filter((one) => one.provider === provider).flatMap(({ statuses }) => statuses));
  const tracker = ['In progress', 'Error occurred', 'User error occurred', 'Canceled by user', 'Success!'];
  expect(words('mytracker-raw')).toEqual(new Set([...tracker, 'Archived']));
  expect(words('mytracker-segment')).toEqual(new Set([...tracker, 'Archived']));
  expect([...words('webadmit')]).toEqual(
    expect.arrayContaining([
      'Initializing',
      'Queued',
      'In Progress',
      'Available',
      'Success With Errors',
      'Empty List',
      'Failed',
      'initializing',
      'queued',
      'in_progress',
      'available',
    ]),
  );
  expect(words('personium')).toEqual(new Set(['exportation in progress', 'ready', 'exportation suspended']));
  expect(words('rebilly')).toEqual(
    new Set(['pending', 'queued', 'processing', 'completed', 'failed', 'archived']),
  );
});

it('names no id and no path twice', () => {
  const ids = scenarios.map(({ provider, id }) => `${provider}:${id}`);
  const paths = scenarios.flatMap(({ deliveries }) => deliveries.map(({ path }) => path));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(paths).size).toBe(paths.length);
});
