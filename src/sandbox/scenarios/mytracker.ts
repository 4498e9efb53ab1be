import type { Delivery, Script } from './scenario.ts';

type Api = 'raw' | 'segment';

/** What the raw data and the segment API have in common: the words, the errors and the quotas. */
function common(api: Api): readonly Script[] {
  const file = (id: string): Delivery => (api === 'raw' ? rawFile(id, 'installs', 0) : segmentFile(id, 1));
  return [
    {
      id: '21',
      title: '"Error occurred" for two looks, then it succeeds',
      outcome: 'ready',
      firstStatuses: ['Error occurred', 'Error occurred'],
      statuses: ['In progress', 'Success!'],
      deliveries: [file('21')],
    },
    {
      id: '22',
      title: '"Error occurred", and it stays so',
      outcome: 'failed',
      statuses: ['In progress', 'Error occurred'],
    },
    {
      id: '23',
      title: 'fails: too many lines',
      outcome: 'failed',
      statuses: ['In progress', 'User error occurred'],
      message: 'Too many lines in one export',
    },
    {
      id: '24',
      title: 'is cancelled by somebody',
      outcome: 'cancelled',
      statuses: ['In progress', 'Canceled by user'],
    },
    { id: '25', title: 'never gets done', outcome: 'running', statuses: ['In progress'] },
    { id: '31', title: 'has a status that nobody knows', outcome: 'unknown', statuses: ['Archived'] },
    {
      id: '32',
      title: 'answers a web page instead of JSON',
      outcome: 'unknown',
      statuses: ['In progress'],
      oddity: 'html',
    },
    {
      id: '33',
      title: 'succeeded long ago, its files are gone',
      outcome: 'ready',
      exitCode: 11,
      statuses: ['Success!'],
      oddity: 'expired',
      deliveries: [file('33')],
    },
    { id: '404', title: 'does not exist', outcome: 'gone', statuses: [] },
    {
      id: '429',
      title: 'a quota is used up at first (429)',
      outcome: 'ready',
      statuses: ['In progress', 'Success!'],
      oddity: 'throttled',
      deliveries: [file('429')],
    },
  ];
}

const VENDOR_HASH = '26c427ac8680888803ee05e34835b6dd';

function rawFile(id: string, event: string, part: number, hash = VENDOR_HASH): Delivery {
  const name = `${id}.${event}.${hash}.${part}.csv`;
  return { name, path: `/storage/download/raw/${name}.gz`, link: 'api', content: 'gzip' };
}

function segmentFile(id: string, part: number, hash = 'c3217d0d061c695550c9cf8a8fa72520'): Delivery {
  const name = `${id}.${part}.${hash}.csv`;
  return { name, path: `/storage/download/segment/${name}.gz`, link: 'api', content: 'gzip' };
}

/** Links of the older generation: on an object store, without signature, in a folder of the day. */
function onStore(delivery: Delivery, folder: string): Delivery {
  return { ...delivery, path: `${folder}/${delivery.name}.gz`, link: 'plain' };
}

/** What becomes of a raw data export that a client has started. */
export function startedRaw(id: string, event: string): Script {
  const deliveries = [rawFile(id, event, 0), rawFile(id, event, 1)];
  return { id, title: 'was started', outcome: 'ready', statuses: ['In progress', 'Success!'], deliveries };
}

/** What becomes of a segment export that a client has started. */
export function startedSegment(id: string): Script {
  const deliveries = [segmentFile(id, 1)];
  return { id, title: 'was started', outcome: 'ready', statuses: ['In progress', 'Success!'], deliveries };
}

/** https://tracker.my.com/docs/api/export-api/raw/get */
export const rawScripts: readonly Script[] = [
  {
    id: '4',
    title: "the id of the vendor's page: two files on the API's own host",
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [rawFile('4', 'payment', 0), rawFile('4', 'payment', 1)],
  },
  {
    id: '5',
    title: 'five files, on both hosts',
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [
      rawFile('5', 'sessions', 0),
      rawFile('5', 'sessions', 1),
      ...[2, 3, 4].map((part) => onStore(rawFile('5', 'sessions', part), '/rawdata/2022.06.22')),
    ],
  },
  {
    id: '11040581',
    title: 'an older link, on the object store',
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [
      onStore(rawFile('11040581', 'installs', 0, 'd55f479f4ed44d4f786daed1b392ccb7'), '/rawdata/2022.06.22'),
    ],
  },
  ...common('raw'),
];

/** https://tracker.my.com/docs/api/export-api/segment/export/get */
export const segmentScripts: readonly Script[] = [
  {
    id: '1',
    title: "the id of the vendor's page: two files, only the first one with a header row",
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [
      segmentFile('1', 1),
      { ...segmentFile('1', 1, 'c695fa72610d0cf8a550c9520217dc38'), headerRow: false },
    ],
  },
  {
    id: '2',
    title: 'one zip archive',
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [
      {
        name: '2.1.8f14e45fceea167a5a36dedd4bea2543.zip',
        path: '/storage/download/segment/2.1.8f14e45fceea167a5a36dedd4bea2543.zip',
        link: 'api',
        content: 'zip',
      },
    ],
  },
  {
    id: '16',
    title: 'an older link, on the object store',
    outcome: 'ready',
    statuses: ['In progress', 'Success!'],
    deliveries: [onStore(segmentFile('16', 1460, '072c9ed6a6c9855d695c2529303afa23'), '/segment/2022.06.15')],
  },
  ...common('segment'),
];
