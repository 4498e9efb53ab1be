import {
  ConfigError,
  DeniedError,
  ExportpollError,
  GoneError,
  ProtocolError,
  TryAgainError,
  type ErrorDetails,
} from '../errors.ts';

/** A failure that may pass by itself; `retrying` asks again. */
export class TransientError extends TryAgainError {
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: ErrorDetails & { retryAfterMs?: number | undefined } = {}) {
    super(message, details);
    this.retryAfterMs = details.retryAfterMs;
  }
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
      return new TransientError(what, details);
    case 'unexpected':
      return new ProtocolError(what, details);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
  UND_ERR_BODY_TIMEOUT: 'no byte came in time',
  UND_ERR_SOCKET: 'the connection was closed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS there',
};

/** Errors of TLS that asking again does not change. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/;
const HANDSHAKE = /^ERR_SSL_/;

/** The answer cannot be read as HTTP: llhttp's complaints, and headers without end. The next one would be the same. */
const NO_HTTP = /^(HPE_|UND_ERR_HEADERS_OVERFLOW$)/;

/** The error of a request that got no (whole) answer, in one sentence. An abort is passed on as it is. */
export function networkError(error: unknown, what: string, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error;
  if (error instanceof ExportpollError) return error;
  const code = codeOf(error);
  const reason =
    (code !== undefined && REASONS[code]) || (error instanceof Error ? error.message : String(error));
  const message = `${what}: ${reason}${code === undefined ? '' : ` (${code})`}`;
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new TryAgainError(message, {
      hint: 'the certificate is not trusted here; NODE_EXTRA_CA_CERTS names a file of further authorities',
      cause: error,
    });
  }
  if (code !== undefined && HANDSHAKE.test(code)) {
    return new TryAgainError(message, { hint: 'check baseUrl', cause: error });
  }
  // undici's error of this name does not always carry llhttp's code.
  if (NO_HTTP.test(code ?? '') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new ProtocolError(`${what}: the answer is not sound HTTP: ${reason}`, {
      hint: 'check baseUrl, and whether something else listens there',
      cause: error,
    });
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new ConfigError(`${what}: the request cannot be sent: ${reason}`, {
      hint: 'a header cannot carry every character; look at the credential behind it',
      cause: error,
    });
  }
  return new TransientError(message, { cause: error });
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
