import type { Delivery, Script } from './scenario.ts';

const WORKING = ['pending', 'queued', 'processing'];
const ORGANIZATION = 'acme';

function signed(id: string, name: string, content: Delivery['content'] = 'csv'): Delivery {
  return { name, path: `/rebilly-files/${ORGANIZATION}/${id}`, link: 'signed', content };
}

/** What becomes of a data export that a client has started. */
export function startedDataExport(id: string, resource: string): Script {
  return {
    id,
    title: 'was started',
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    deliveries: [signed(id, `${resource}.csv`)],
  };
}

/** https://api-reference.rebilly.com/reports-api/ */
export const rebillyScripts: readonly Script[] = [
  {
    id: '4f6cf35x-2c4y-483z-a0a9-158621f77a21',
    title: "the id of the vendor's page: a signed link",
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    deliveries: [signed('4f6cf35x-2c4y-483z-a0a9-158621f77a21', 'customers.csv')],
  },
  {
    id: 'exp_download',
    title: 'no signed link; the download link answers with the file',
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    deliveries: [
      {
        name: 'transactions.csv',
        path: `/organizations/${ORGANIZATION}/files/file_exp_download/download`,
        link: 'api',
        content: 'csv',
      },
    ],
  },
  {
    id: 'exp_redirect',
    title: 'no signed link; the download link answers with a redirect to the store',
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    deliveries: [{ ...signed('exp_redirect', 'invoices.csv'), link: 'redirect' }],
  },
  {
    id: 'exp_zip',
    title: 'so many records that it is a zip of parts',
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    deliveries: [signed('exp_zip', 'disputes.zip', 'zip')],
  },
  {
    id: 'exp_record_limit',
    title: 'fails: record-limit-exceeded',
    outcome: 'failed',
    statuses: [...WORKING, 'failed'],
    message: 'record-limit-exceeded',
  },
  {
    id: 'exp_max_retries',
    title: 'fails: max-retries-reached',
    outcome: 'failed',
    statuses: [...WORKING, 'failed'],
    message: 'max-retries-reached',
  },
  { id: 'exp_scheduled', title: 'is pending until next week', outcome: 'queued', statuses: ['pending'] },
  { id: 'exp_stuck', title: 'never gets done', outcome: 'running', statuses: WORKING },
  { id: 'exp_odd', title: 'has a status that nobody knows', outcome: 'unknown', statuses: ['archived'] },
  {
    id: 'exp_html',
    title: 'answers a web page instead of JSON',
    outcome: 'unknown',
    statuses: WORKING,
    oddity: 'html',
  },
  { id: 'exp_404', title: 'does not exist', outcome: 'gone', statuses: [] },
  {
    id: 'exp_429',
    title: 'the rate limit is reached at first (429)',
    outcome: 'ready',
    statuses: [...WORKING, 'completed'],
    oddity: 'throttled',
    deliveries: [signed('exp_429', 'users.csv')],
  },
];
