import { readText } from '../../api/answer.ts';
import type { ApiClient, Opened } from '../../api/client.ts';
import { describeRequest } from '../../api/transport/http.ts';
import { classifyStatus, statusError } from '../../api/failures.ts';
import type { Link } from '../../api/link.ts';
import { DeniedError, GoneError } from '../../errors.ts';
import { readRetryAfter } from '../../profiles/values.ts';
import type { Links } from './links.ts';

export interface SourceOptions {
  readonly links: Links;
  readonly identity: string;
  readonly client: ApiClient;
  /** No byte for this long, in ms, is a broken connection. */
  readonly stallTimeoutMs: number;
  /** The longest wait for a turn, in ms; see `Turn`. */
  readonly patienceMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** An answer that has bytes of the file. */
export type Download = Opened;

/** One remote file, reached through whatever link is good at the moment. */
export class Source {
  readonly #options: SourceOptions;
  /** Links that have led to the file: what refuses one of them now refused its age, or its second use. */
  readonly #good = new WeakSet<Link>();

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /**
   * Requests the file with `headers`. Resolves with a 200, 206 or 416 answer; a link that is refused because of its age
   * is renewed once. Throws DeniedError or GoneError for a link that is refused while fresh, and has never worked.
   */
  async open(headers: Readonly<Record<string, string>>): Promise<Download> {
    let link = await this.#options.links.get(this.#options.identity);
    for (let renewed = false; ; renewed = true) {
      const opened = await this.#request(link, headers);
      const { status } = opened.response;
      if (status === 200 || status === 206 || status === 416) {
        this.#good.add(link);
        return opened;
      }
      link = await this.#refused(link, renewed, opened);
    }
  }

  async #request(link: Link, headers: Readonly<Record<string, string>>): Promise<Opened> {
    return await this.#options.client.open({
      method: 'GET',
      url: link.url,
      headers,
      // What is asked for goes before what a profile sets.
      ownHeaders: { ...link.headers, ...headers },
      credentials: link.auth === 'api',
      large: true,
      idleTimeoutMs: this.#options.stallTimeoutMs,
      urgency: 'urgent',
      patienceMs: this.#options.patienceMs,
      signal: this.#options.signal,
    });
  }

  /** The link to try next, or the error that ends it. */
  async #refused(link: Link, renewed: boolean, { response, url, serverNow }: Opened): Promise<Link> {
    const { status } = response;
    const what = `${describeRequest('GET', url)} answered ${status}`;
    if (!looksLikeAge(status)) {
      response.body.destroy();
      throw statusError(status, what, {
        retryAfterMs: readRetryAfter(response.headers['retry-after'], serverNow),
      });
    }
    const said = await readText(response, what).catch(() => '');
    const couldBeAge = this.#good.has(link) || !this.#options.links.isFresh(link);
    if (renewed || !couldBeAge) throw refusedFresh(status, what, said);
    return await this.#options.links.replace(link, `refused with ${status}`);
  }
}

/** Stores refuse a dead link with one of these, and a wrong one with the same. */
function looksLikeAge(status: number): boolean {
  return status === 400 || status === 401 || status === 403 || status === 404 || status === 410;
}

function refusedFresh(status: number, what: string, said: string): Error {
  const reason = /<Code>([^<]{1,60})<\/Code>/.exec(said)?.[1];
  const message = `${what}${reason === undefined ? '' : ` (${reason})`} for a link that was just issued`;
  switch (classifyStatus(status)) {
    case 'denied':
      return new DeniedError(message, {
        hint: 'the store refuses this link; waiting or renewing it will not help',
      });
    case 'gone':
      return new GoneError(message, { hint: 'the file is no longer there; a new export is needed' });
    case 'transient':
    case 'unexpected':
      // What stores answer 400 to, besides dead links, is a signature that they do not accept.
      return new DeniedError(message, { hint: 'the store refuses this link; renewing it will not help' });
  }
}
