import type { Link } from '../../api/link.ts';
import { GoneError } from '../../errors.ts';

/** A link this close to its end, in ms, may be dead when the request arrives; `Date` has whole seconds only. */
const EXPIRY_MARGIN_MS = 2000;
/** A link younger than this, in ms, has not expired for any other reason than its stated end. */
const FRESH_MS = 5000;

export interface LinksOptions {
  /** Asks the provider again; rejects when it gives no links any more. */
  readonly renew: () => Promise<readonly Link[]>;
  readonly now: () => number;
  readonly onRenewed: (identity: string, reason: string) => void;
}

/**
 * The links of one export, for all files that are being downloaded: each is handed out just before it is used, and
 * renewed when it has died. One renewal serves everybody who waits, because its answer brings every file a new link.
 */
export class Links {
  readonly #options: LinksOptions;
  readonly #current = new Map<string, Link>();
  #pending: Promise<void> | undefined;

  constructor(first: readonly Link[], options: LinksOptions) {
    this.#options = options;
    this.#replaceAll(first);
  }

  /** A link to the file that is good now. */
  async get(identity: string): Promise<Link> {
    const link = this.#find(identity);
    if (!this.#isDying(link)) return link;
    return await this.#renew(link, 'expired');
  }

  /** A link other than the one that was refused. */
  async replace(refused: Link, reason: string): Promise<Link> {
    const current = this.#find(refused.identity);
    return current === refused ? await this.#renew(refused, reason) : current;
  }

  /** True when a refusal of this link cannot be its age: renewing it would only be refused again. */
  isFresh(link: Link): boolean {
    const now = this.#options.now();
    return now - link.issuedAt < FRESH_MS && (link.expiresAt === undefined || now < link.expiresAt);
  }

  #isDying({ expiresAt, issuedAt }: Link): boolean {
    if (expiresAt === undefined) return false;
    const now = this.#options.now();
    // A link that lives shorter than the margin is as good as it gets when it is new.
    const margin = Math.min(EXPIRY_MARGIN_MS, (expiresAt - issuedAt) / 2);
    return now >= expiresAt - margin && now - issuedAt > 0 && expiresAt > issuedAt;
  }

  async #renew(link: Link, reason: string): Promise<Link> {
    this.#pending ??= this.#options
      .renew()
      .then((links) => this.#replaceAll(links))
      .finally(() => {
        this.#pending = undefined;
      });
    await this.#pending;
    this.#options.onRenewed(link.identity, reason);
    return this.#find(link.identity);
  }

  #replaceAll(links: readonly Link[]): void {
    this.#current.clear();
    for (const link of links) this.#current.set(link.identity, link);
  }

  #find(identity: string): Link {
    const link = this.#current.get(identity);
    if (link === undefined) throw new GoneError(`the provider no longer lists the file ${identity}`);
    return link;
  }
}
