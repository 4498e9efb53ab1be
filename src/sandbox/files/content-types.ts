import type { Delivery } from '../scenarios/scenario.ts';

export const contentTypes: Readonly<Record<Delivery['content'], string>> = {
  csv: 'text/csv',
  gzip: 'application/gzip',
  zip: 'application/zip',
};
