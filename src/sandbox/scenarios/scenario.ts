import type { ExitCode } from '../../errors.ts';
import type { State } from '../../events.ts';

/** The built-in profiles, each of which has a stand-in here. */
export type BuiltinProviderName =
  'mytracker-raw' | 'mytracker-segment' | 'webadmit' | 'personium' | 'rebilly';

/** One file that an export hands out. */
export interface Delivery {
  /** As it lands on disk, after gunzip. */
  readonly name: string;
  /** Below the origin that has it; begins with `/`. */
  readonly path: string;
  /**
   * `api`: on the API's own origin, with credentials · `redirect`: there too, but the answer is a 302 to a signed link ·
   * `signed`: a signed link to the store · `plain`: an unguessable URL on the store.
   */
  readonly link: 'api' | 'redirect' | 'signed' | 'plain';
  /** What the bytes on the wire are. */
  readonly content: 'csv' | 'gzip' | 'zip';
  /** Value of Content-Disposition where the link sets one; `attachment; filename="<name>"` if absent. */
  readonly disposition?: string;
  /** False where the CSV goes on from an earlier file and does not repeat the header row. */
  readonly headerRow?: false;
}

/** How a stand-in plays one id, as data. */
export interface Script {
  readonly id: string;
  /** What happens, for people: one clause. */
  readonly title: string;
  /** The last state that a client can truthfully report. */
  readonly outcome: State;
  /** Of `exportpoll watch ID`, where it does not follow from `outcome`. */
  readonly exitCode?: ExitCode;
  /** The provider's words in their order, spread evenly over the export's duration; the last one stays. None: unknown id. */
  readonly statuses: readonly string[];
  /** Words for the very first looks, one each, before those above. */
  readonly firstStatuses?: readonly string[];
  /**
   * `throttled`: answers 429 until its quota is back, a second or two after the first look · `html`: answers a web page
   * instead of JSON · `expired`: the export is there, but the time of its files is over.
   */
  readonly oddity?: 'throttled' | 'html' | 'expired';
  /** The provider's own explanation of a failure. */
  readonly message?: string;
  readonly deliveries?: readonly Delivery[];
}

/** A documented id of the sandbox: what it does, and what a client is to make of it. */
export interface Scenario extends Script {
  readonly provider: BuiltinProviderName;
  /** Of `exportpoll watch ID`; 8 needs a `--timeout`, because the export never ends. */
  readonly exitCode: ExitCode;
  /** Names on disk after download and gunzip. */
  readonly files: readonly string[];
  readonly deliveries: readonly Delivery[];
}
