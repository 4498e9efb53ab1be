import type { Delivery, Script } from './scenario.ts';

const WORKING = ['Initializing', 'Queued', 'In Progress'];

function report(fileId: string, name: string, content: Delivery['content'] = 'csv'): Delivery {
  const folders = fileId.padStart(9, '0').replace(/\B(?=(\d{3})+$)/g, '/');
  const path = `/export_files/reports/${folders}/d19d6c0a34b7062c4496530f3d5dbfb_original.txt`;
  return { name, path, link: 'signed', content };
}

/** What becomes of an export file that a client has started. */
export function startedFile(exportId: string, fileId: string): Script {
  return {
    id: `${exportId}/${fileId}`,
    title: 'was started',
    outcome: 'ready',
    statuses: [...WORKING, 'Available'],
    deliveries: [report(fileId, `Export ${exportId}.csv`)],
  };
}

/** https://liaison-intl.github.io/, with the words as the service writes them ("In Progress"). */
export const webadmitScripts: readonly Script[] = [
  {
    id: '86446/74780',
    title: "the id of the vendor's page: a CSV in ISO-8859-1",
    outcome: 'ready',
    statuses: [...WORKING, 'Available'],
    deliveries: [report('74780', 'Test-API-Export.csv')],
  },
  {
    id: '86446/74781',
    title: "words and header as the vendor's page spells them (in_progress, no quotes)",
    outcome: 'ready',
    statuses: ['initializing', 'queued', 'in_progress', 'available'],
    deliveries: [
      {
        ...report('74781', 'Vendor-Page-Export.csv'),
        disposition: 'attachment; filename=Vendor-Page-Export.csv',
      },
    ],
  },
  {
    id: '86446/74782',
    title: 'a zip with several CSV files',
    outcome: 'ready',
    statuses: [...WORKING, 'Available'],
    deliveries: [report('74782', 'Multiple Files.zip', 'zip')],
  },
  {
    id: '86446/74783',
    title: 'succeeds with errors: the file is there, but not all is in it',
    outcome: 'ready-with-errors',
    statuses: [...WORKING, 'Success With Errors'],
    deliveries: [report('74783', 'Export With Errors.csv')],
  },
  {
    id: '86446/74784',
    title: 'finds nobody to export',
    outcome: 'empty',
    statuses: [...WORKING, 'Empty List'],
  },
  { id: '86446/74785', title: 'fails', outcome: 'failed', statuses: [...WORKING, 'Failed'] },
  { id: '86446/74786', title: 'never gets done', outcome: 'running', statuses: WORKING },
  {
    id: '86446/74787',
    title: 'has a status that nobody knows',
    outcome: 'unknown',
    statuses: ['Archived'],
  },
  {
    id: '86446/74788',
    title: 'answers a web page instead of JSON',
    outcome: 'unknown',
    statuses: WORKING,
    oddity: 'html',
  },
  { id: '86446/74404', title: 'does not exist', outcome: 'gone', statuses: [] },
  {
    id: '86446/74429',
    title: 'the hourly calls are used up at first (429)',
    outcome: 'ready',
    statuses: [...WORKING, 'Available'],
    oddity: 'throttled',
    deliveries: [report('74429', 'Throttled Export.csv')],
  },
];
