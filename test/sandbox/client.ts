import { createHmac } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  readonly json: () => any; // oxlint-disable-line typescript/no-explicit-any -- the tests say what they expect of it
}

interface Ask {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request, no redirects, the whole answer. */
export async function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  const answer = await request(url, { method, headers, body: body ?? null });
  const bytes = await buffer(answer.body);
  const text = bytes.toString('utf8');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

/** A sandbox whose clock stands still until the test moves it. */
export async function sandboxWithClock(
  options: Omit<SandboxOptions, 'now'> = {},
): Promise<{ sandbox: Sandbox; clock: { ms: number } }> {
  const clock = { ms: Date.UTC(2024, 4, 6, 7, 8, 9, 250) };
  const sandbox = await startSandbox({ rows: 20, ...options, now: () => clock.ms });
  return { sandbox, clock };
}

/** MyTracker's Authorization header for a GET of `url`, or a POST with a body. */
export function authHmac(url: string, secretKey = '72d2erEtbynf6f7ZYTsYKnb7', body?: string): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const baseline = `${body === undefined ? 'GET' : 'POST'}&${encode(url)}&${encode(body ?? '')}`;
  return `AuthHMAC 77658:${createHmac('sha1', secretKey).update(baseline).digest('base64')}`;
}
