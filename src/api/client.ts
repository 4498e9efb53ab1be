import { ProtocolError } from '../errors.ts';
import { readDate, readRetryAfter } from '../profiles/values.ts';
import { parseAny, parseBody, readText, type Answer, type Mask } from './answer.ts';
import type { Authenticator, Generation } from './auth/authenticator.ts';
import type { Draft } from './auth/scheme.ts';
import { networkError, TransientError } from './failures.ts';
import type { ClientRequest } from './client-request.ts';
import type { Quota } from './quota.ts';
import { describeRequest, type HttpResponse, type Transport } from './transport/http.ts';
import { isRedirect, MOST_REDIRECTS, redirected, redirectTarget } from './redirects.ts';
import { within } from './within.ts';
import { USER_AGENT } from '../version.ts';

/** A response whose body is still to be read, and where it came from after redirects. */
export interface Opened {
  readonly response: HttpResponse;
  readonly url: URL;
  /** The server's clock when it answered, in ms. */
  readonly serverNow: number;
}

/** The same, and what it was sent with. */
interface Sent extends Opened {
  /** Absent where the origin that answered got no credential. */
  readonly credential: Generation | undefined;
  readonly isRedirected: boolean;
}

/** RFC 9110, 8.8. */
const VALIDATORS: ReadonlySet<string> = new Set(['etag', 'last-modified']);
/** "The credentials are missing or no good", wherever it comes from (RFC 9110, 15.5.2). */
const UNAUTHORIZED = 401;

/** An answer of an API takes seconds; one that drips in byte by byte, or leads from redirect to redirect, is none. */
export const ANSWER_TIMEOUT_MS = 120_000;

/** A status word or a message is a sentence; a server may send megabytes. In UTF-16 units. */
const LONGEST_QUOTE = 8000;

/**
 * Speaks to one account's service. Redirects are followed here, hop by hop, because every hop is a new decision: a
 * credential goes only to the origins in `origins`, whatever sent us elsewhere, and to none once we were elsewhere.
 */
export class ApiClient {
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;
  readonly #origins: ReadonlySet<string>;
  /** Requests with credentials wait for their turn here, and what their answers say of the quota goes in. */
  readonly quota: Quota;
  readonly #now: () => number;
  readonly #log: (line: string) => void;
  readonly #mask: Mask;
  readonly #signal: AbortSignal;
  readonly #isRefused: (answer: Answer) => boolean;
  readonly #holdsSecret: (url: string) => boolean;

  constructor(options: {
    transport: Transport;
    authenticator: Authenticator;
    origins: ReadonlySet<string>;
    quota: Quota;
    now: () => number;
    /** Gets a line for each request and answer (`-v`); masked by its receiver. */
    log: (line: string) => void;
    mask: Mask;
    /** Ends getting a credential. All requests share it, so that none of their own deadlines may. */
    signal: AbortSignal;
    /** True for an answer that says that the credential is no good. */
    isRefused: (answer: Answer) => boolean;
    /** True for a URL, or text that becomes one, with a secret in it. */
    holdsSecret: (url: string) => boolean;
  }) {
    this.#transport = options.transport;
    this.#authenticator = options.authenticator;
    this.#origins = options.origins;
    this.quota = options.quota;
    this.#now = options.now;
    this.#log = options.log;
    this.#mask = options.mask;
    this.#signal = options.signal;
    this.#isRefused = options.isRefused;
    this.#holdsSecret = options.holdsSecret;
  }

  /**
   * Sends the request and follows redirects. A credential that is refused (401, as the 403 of a link says that the link
   * is dead) is renewed once, where its source can give another. Rejects with TransientError or TryAgainError when no
   * answer came.
   */
  async open(request: ClientRequest): Promise<Opened> {
    if (!this.#mayHaveCredentials(request, request.url)) return await this.#open(request);
    // A transfer takes as long as it takes, and others are not to wait for its end.
    (await this.quota.enter(request))();
    const opened = await this.#open(request);
    if (opened.response.status === 429) {
      this.quota.refused(readRetryAfter(opened.response.headers['retry-after'], opened.serverNow));
    }
    return opened;
  }

  async #open(request: ClientRequest): Promise<Opened> {
    return await this.#renewing(request, {
      read: async (sent) => await Promise.resolve(sent),
      statusOf: ({ response }) => response.status,
      isRefused: ({ response }) => response.status === UNAUTHORIZED,
    });
  }

  /** Sends a request and reads what comes; when that refuses its credential, once more with another, if there is one. */
  async #renewing<Result>(
    request: ClientRequest,
    { read, statusOf, isRefused }: Reading<Result>,
  ): Promise<Result> {
    for (let isSecond = false; ; isSecond = true) {
      const sent = await this.#follow(request);
      const result = await read(sent, request.signal);
      if (sent.credential === undefined) return result;
      if (!isRefused(result)) {
        if (statusOf(result) < 400) this.#authenticator.accepted(sent.credential);
        return result;
      }
      // Who redirected it has heard it, and may have done what it asks for.
      const mayRepeat = !isSecond && !(sent.isRedirected && startsSomething(request));
      if (!mayRepeat) return result;
      let isRenewed = true;
      try {
        isRenewed = await this.#authenticator.renew(sent.credential, this.#signal);
      } finally {
        // Also when that fails: nobody will read it.
        if (isRenewed) sent.response.body.destroy();
      }
      if (!isRenewed) return result;
    }
  }

  /**
   * Sends the request and reads the answer whole: as JSON, and throws ProtocolError when a success is none; or as
   * `any`, which is text where it is not JSON.
   */
  async ask(request: ClientRequest, as: 'json' | 'any' = 'json'): Promise<Answer> {
    return await this.#answer(request, async ({ response, url, serverNow }, signal) => {
      const what = describeRequest(request.method, url);
      const text = await readText(response, what).catch((error: unknown) => {
        throw networkError(error, what, signal);
      });
      const body = as === 'any' ? parseAny(text) : parseBody(text, response, what, this.#mask);
      return { status: response.status, headers: response.headers, body, url, serverNow };
    });
  }

  /** Sends the request for its status and headers alone: the body may be large, and stays unread. */
  async probe(request: ClientRequest): Promise<Answer> {
    return await this.#answer(request, ({ response, url, serverNow }) => {
      response.body.destroy();
      const { status, headers } = response;
      return Promise.resolve({ status, headers, body: undefined, url, serverNow });
    });
  }

  /** An answer within a time that begins with the request's turn, however long that took to come. */
  async #answer(request: ClientRequest, read: Reading<Answer>['read']): Promise<Answer> {
    const leave = await this.quota.enter(request);
    try {
      const late = (): Error => tooSlow(describeRequest(request.method, request.url));
      return await within({ ms: ANSWER_TIMEOUT_MS, late }, request.signal, async (signal) => {
        return await this.#renewing(
          { ...request, signal },
          { read, statusOf: ({ status }) => status, isRefused: this.#isRefused },
        );
      });
    } finally {
      leave();
    }
  }

  /** Text of a server as it may be shown: masked first, then cut, since half a secret is found by nobody. */
  quote(text: string): string {
    const masked = this.#mask(text);
    return masked.length > LONGEST_QUOTE ? `${masked.slice(0, LONGEST_QUOTE)}…` : masked;
  }

  async #follow(first: ClientRequest): Promise<Sent> {
    let request = first;
    for (let hops = 0; ; hops += 1) {
      const { response, credential } = await this.#send(request);
      const { method, url } = request;
      const location = response.headers['location'];
      if (!isRedirect(response.status) || location === undefined) {
        const serverNow = readDate(response.headers['date'] ?? '') ?? this.#now();
        return { response, url, serverNow, credential, isRedirected: hops > 0 };
      }
      response.body.destroy();
      request.onRedirect?.();
      if (hops === MOST_REDIRECTS) {
        throw new ProtocolError(`${describeRequest(method, url)}: more than ${MOST_REDIRECTS} redirects`);
      }
      const target = redirectTarget(location, url);
      // What it is started with may be as secret as a credential.
      if (startsSomething(request) && target.origin !== url.origin && !this.#origins.has(target.origin)) {
        throw new ProtocolError(`${describeRequest(method, url)}: refusing a redirect to another origin`);
      }
      // A redirect mostly repeats the query that it answers, and some credentials are there. Also as it came, since
      // URLs lose some of their characters.
      if (!this.#origins.has(target.origin) && [location, target.href].some(this.#holdsSecret)) {
        throw new ProtocolError(
          `${describeRequest(method, url)}: refusing a redirect that takes a secret to another origin`,
        );
      }
      // Whoever may not have the credentials is not to say either what is asked with them.
      const credentials = this.#mayHaveCredentials(request, url);
      request = { ...redirected(request, response.status, target), credentials };
    }
  }

  async #send(request: ClientRequest): Promise<Pick<Sent, 'response' | 'credential'>> {
    const { method, idleTimeoutMs, signal } = request;
    const draft: Draft = {
      method,
      url: new URL(request.url),
      headers: {
        'accept-encoding': 'identity',
        'user-agent': USER_AGENT,
        ...request.headers,
        ...request.ownHeaders,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
    };
    const credential = this.#mayHaveCredentials(request, request.url)
      ? await this.#authenticator.apply(draft, this.#signal)
      : undefined;
    const what = describeRequest(method, request.url);
    await request.onSend?.();
    try {
      const { large = false } = request;
      const once = startsSomething(request);
      const response = await this.#transport.send({ ...draft, idleTimeoutMs, once, large, signal });
      this.#log(`${what} -> ${response.status}`);
      return { response: { ...response, headers: this.#withoutSecrets(response.headers) }, credential };
    } catch (error) {
      throw networkError(error, what, signal);
    }
  }

  /** A validator is written to disk; one that holds a secret, as a server that echoes it may send, is none. */
  #withoutSecrets(headers: HttpResponse['headers']): HttpResponse['headers'] {
    const kept = Object.entries(headers).filter(
      ([name, value]) => !VALIDATORS.has(name) || this.#mask(value) === value,
    );
    return Object.fromEntries(kept);
  }

  #mayHaveCredentials(request: ClientRequest, url: URL): boolean {
    return request.credentials && this.#origins.has(url.origin);
  }
}

/** What is made of an answer, and what it says of the credential. */
interface Reading<Result> {
  readonly read: (sent: Opened, signal: AbortSignal) => Promise<Result>;
  readonly statusOf: (result: Result) => number;
  readonly isRefused: (result: Result) => boolean;
}

/** The error of an answer that has not ended after ANSWER_TIMEOUT_MS. */
export function tooSlow(what: string): TransientError {
  return new TransientError(`${what}: no whole answer came within ${ANSWER_TIMEOUT_MS / 60_000} minutes`);
}

function startsSomething({ onSend }: ClientRequest): boolean {
  return onSend !== undefined;
}
