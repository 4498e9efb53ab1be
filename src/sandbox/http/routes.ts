import type { Exchange } from './server.ts';

/** One endpoint. `path` is matched against the whole path; its named groups are handed to `answer`, decoded. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (exchange: Exchange, parameters: Readonly<Record<string, string>>) => void | Promise<void>;
}

/** Answers with the first endpoint that fits; false when there is none. */
export async function route(exchange: Exchange, routes: readonly Route[]): Promise<boolean> {
  for (const { method, path, answer } of routes) {
    const match = method === exchange.request.method ? path.exec(exchange.url.pathname) : null;
    if (match === null) continue;
    const parameters = Object.entries(match.groups ?? {});
    await answer(
      exchange,
      Object.fromEntries(parameters.map(([name, value]) => [name, decodeURIComponent(value)])),
    );
    return true;
  }
  return false;
}
