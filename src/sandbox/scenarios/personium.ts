import type { Delivery, Script } from './scenario.ts';

const RUNS = ['exportation in progress', 'ready'];

function archive(name: string): Delivery {
  return { name: `${name}.zip`, path: `/cell1/__snapshot/${name}.zip`, link: 'api', content: 'zip' };
}

/** What becomes of an export that a client has started. */
export function startedExport(name: string): Script {
  return { id: name, title: 'was started', outcome: 'ready', statuses: RUNS, deliveries: [archive(name)] };
}

/**
 * https://personium.io/en/apiref/501_Export_Cell.html. The statuses are those of the cell while this export is the one
 * that it works on; what became of it shows in its deliveries (`.zip`), its message (`.error`), or in neither.
 */
export const personiumScripts: readonly Script[] = [
  {
    id: 'CellExport_2017_01',
    title: "the name of the vendor's page: runs from the first look at the cell",
    outcome: 'ready',
    statuses: RUNS,
    deliveries: [archive('CellExport_2017_01')],
  },
  {
    id: 'CellExport_earlier',
    title: "was done before: ready even while the cell runs somebody else's export",
    outcome: 'ready',
    statuses: ['ready'],
    deliveries: [archive('CellExport_earlier')],
  },
  {
    id: 'CellExport_failed',
    title: 'runs and fails: the reason is in its .error',
    outcome: 'failed',
    statuses: RUNS,
    message: 'Too many concurrent requests.',
  },
  {
    id: 'CellExport_nothing',
    title: 'runs and leaves neither .zip nor .error',
    outcome: 'gone',
    statuses: RUNS,
  },
  {
    id: 'CellExport_stuck',
    title: 'never gets done (until another name is asked for)',
    outcome: 'running',
    statuses: ['exportation in progress'],
  },
  {
    id: 'CellExport_odd',
    title: 'has a status that nobody knows (until another name is asked for)',
    outcome: 'unknown',
    statuses: ['exportation suspended'],
  },
  {
    id: 'CellExport_html',
    title: 'its .error is a web page instead of JSON',
    outcome: 'unknown',
    statuses: RUNS,
    oddity: 'html',
  },
  {
    id: 'CellExport_404',
    title: 'does not exist: the cell is idle and there is no such file',
    outcome: 'gone',
    statuses: [],
  },
];
