import {
  ConfigError,
  DeniedError,
  ExportpollError,
  GoneError,
  ProtocolError,
  TryAgainError,
  type ErrorDetails,
} from '../errors.ts';

/** A failure that may pass by itself: see `planRetry`. */
export class TransientError extends TryAgainError {
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** True where the request was not even sent. */
  readonly unsent: boolean;

  constructor(
    message: string,
    details: ErrorDetails & { retryAfterMs?: number | undefined; unsent?: boolean } = {},
  ) {
    super(message, details);
    this.retryAfterMs = details.retryAfterMs;
    this.unsent = details.unsent ?? false;
  }
}

/** The server turned the request away, unseen, as one too many (429): it has done nothing. */
export class TooManyRequestsError extends TransientError {}

/**
 * A success that cannot be read: a page where JSON should be, JSON that is cut, nothing at all. A page that says
 * "maintenance" or wants a log-in to the network passes; the page behind a wrong `baseUrl` does not, and nobody can
 * tell them apart. So it is asked for again, but not for long.
 */
export class UnreadableAnswerError extends ProtocolError {
  readonly mostRetries = 4;
}

/** What an HTTP status of 400 and above means for whoever asked. */
export type StatusClass = 'denied' | 'gone' | 'transient' | 'unexpected';

/**
 * | status | class |
 * | --- | --- |
 * | 401, 403, 407 | denied |
 * | 404, 410 | gone |
 * | 408, 425, 429, 5xx except 501 and 505 | transient |
 * | everything else | unexpected |
 */
export function classifyStatus(status: number): StatusClass {
  if (status === 401 || status === 403 || status === 407) return 'denied';
  if (status === 404 || status === 410) return 'gone';
  if (status === 408 || status === 425 || status === 429) return 'transient';
  if (status >= 500 && status < 600 && status !== 501 && status !== 505) return 'transient';
  return 'unexpected';
}

/** The error of an answer with an error status; `what` says what was asked and what came back. */
export function statusError(
  status: number,
  what: string,
  details: ErrorDetails & { retryAfterMs?: number | undefined } = {},
): ExportpollError {
  switch (classifyStatus(status)) {
    case 'denied':
      return new DeniedError(what, details);
    case 'gone':
      return new GoneError(what, details);
    case 'transient':
      return status === 429 ? new TooManyRequestsError(what, details) : new TransientError(what, details);
    case 'unexpected':
      return new ProtocolError(what, details);
  }
}

/** What is to be made of a request that got no (whole) answer. */
type CauseClass = 'transient' | 'untrusted' | 'no-tls' | 'no-http' | 'unsendable';

interface Cause {
  /** Of Node (dns, net, tls, http), llhttp, undici or our own senders. */
  readonly code: string | RegExp;
  readonly class: CauseClass;
  /** In place of the library's own words. */
  readonly says?: string;
}

/**
 * Every cause that is known by name; the first that fits counts, and what fits none is transient: a network has more
 * ways to fail than anybody has listed. A name that is not found is transient because that is what a machine without
 * a network says, too.
 */
const CAUSES: readonly Cause[] = [
  { code: 'ENOTFOUND', class: 'transient', says: 'the host name is not known' },
  { code: 'EAI_AGAIN', class: 'transient', says: 'the host name could not be looked up' },
  { code: 'ECONNREFUSED', class: 'transient', says: 'the connection was refused' },
  { code: 'ECONNRESET', class: 'transient', says: 'the connection was reset' },
  { code: 'EPIPE', class: 'transient', says: 'the connection was closed' },
  { code: 'ETIMEDOUT', class: 'transient', says: 'the connection timed out' },
  { code: 'EHOSTUNREACH', class: 'transient', says: 'the host is unreachable' },
  { code: 'ENETUNREACH', class: 'transient', says: 'the network is unreachable' },
  { code: 'UND_ERR_CONNECT_TIMEOUT', class: 'transient', says: 'the connection timed out' },
  { code: /^(UND_ERR_)?HEADERS_TIMEOUT$/, class: 'transient', says: 'no answer came in time' },
  { code: /^(UND_ERR_)?BODY_TIMEOUT$/, class: 'transient', says: 'no byte came in time' },
  { code: 'UND_ERR_SOCKET', class: 'transient', says: 'the connection was closed' },
  // What a proxy in front of a service says that is just being started or replaced.
  { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', class: 'transient', says: 'the server could not begin TLS' },
  { code: /^ERR_SSL_.*BAD_RECORD_MAC$/, class: 'transient', says: 'bytes were damaged on their way' },
  { code: 'ERR_SSL_WRONG_VERSION_NUMBER', class: 'no-tls', says: 'the server does not speak TLS there' },
  { code: /^ERR_SSL_/, class: 'no-tls' },
  // X.509 as Node names it (`X509_V_ERR_…` of OpenSSL), and a name that is not the certificate's.
  {
    code: /^(CERT|CRL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERROR_IN_C(ERT|RL))_|^ERR_TLS_CERT_/,
    class: 'untrusted',
  },
  { code: /^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/, class: 'untrusted' },
  // llhttp's complaints, and headers without end. undici's error does not always carry llhttp's code.
  { code: /^(HPE_|HTTPParserError$|UND_ERR_HEADERS_OVERFLOW$)/, class: 'no-http' },
  { code: /^(UND_ERR_INVALID_ARG|ERR_INVALID_CHAR|ERR_UNESCAPED_CHARACTERS)$/, class: 'unsendable' },
];

/**
 * The error of a request that got no (whole) answer, in one sentence. An abort is passed on as it is.
 *
 * | class | error | again? |
 * | --- | --- | --- |
 * | transient | TransientError (75) | yes |
 * | untrusted: the certificate | TryAgainError (75) | no, but another run may see another certificate |
 * | no-tls: the handshake | TryAgainError (75) | no, likewise |
 * | no-http: the answer cannot be read as HTTP | ProtocolError (76) | no: the next one would be the same |
 * | unsendable: a header with characters that none can have | ConfigError (78) | no |
 * | none: what a request needs is missing here, WebAssembly for one | itself (1) | no |
 */
export function networkError(error: unknown, what: string, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error;
  if (error instanceof ExportpollError || error instanceof ReferenceError) return error;
  const code = codeOf(error);
  const cause = CAUSES.find((known) => fits(known, code ?? (error instanceof Error ? error.name : '')));
  const reason = cause?.says ?? (error instanceof Error ? error.message : String(error));
  const message = `${what}: ${reason}${code === undefined ? '' : ` (${code})`}`;
  switch (cause?.class ?? 'transient') {
    case 'transient':
      return new TransientError(message, { cause: error });
    case 'untrusted':
      return new TryAgainError(message, {
        hint: 'the certificate is not trusted here; NODE_EXTRA_CA_CERTS names a file of further authorities',
        cause: error,
      });
    case 'no-tls':
      return new TryAgainError(message, { hint: 'check baseUrl', cause: error });
    case 'no-http':
      return new ProtocolError(`${what}: the answer is not sound HTTP: ${reason}`, {
        hint: 'check baseUrl, and whether something else listens there',
        cause: error,
      });
    case 'unsendable':
      return new ConfigError(`${what}: the request cannot be sent: ${reason}`, {
        hint: 'a header cannot carry every character; look at the credential behind it',
        cause: error,
      });
  }
}

function fits({ code }: Cause, found: string): boolean {
  return typeof code === 'string' ? code === found : code.test(found);
}

/** These come before anything else could be sent. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER)$/;

/**
 * True when the error of a request shows that it cannot have reached the server: there was no connection to send it
 * over, or a proxy did not let it pass.
 */
export function neverSent(error: unknown): boolean {
  if (error instanceof DeniedError || error instanceof ConfigError) return true;
  if (error instanceof TransientError && error.unsent) return true;
  const code = codeOf(error) ?? '';
  return NOT_CONNECTED.test(code) || CAUSES.find((known) => fits(known, code))?.class === 'untrusted';
}

/** The system's or library's code, looked for along the chain of causes (and in an AggregateError's first). */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; depth += 1) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && code !== 'ERR_STREAM_PREMATURE_CLOSE') return code;
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
  return undefined;
}
