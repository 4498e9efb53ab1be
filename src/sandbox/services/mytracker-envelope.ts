import { answerJson } from '../http/answers.ts';
import type { Exchange } from '../http/server.ts';

/** One of the two export APIs, which are alike. */
export interface Api {
  readonly provider: 'mytracker-raw' | 'mytracker-segment';
  /** The parameter that names the export, in requests and in answers. */
  readonly idName: string;
  readonly notFound: string;
}

/** Every answer is `{ code, message, data }`. */
export function answerNotFound(exchange: Exchange, detail: string): void {
  answerEnvelope(exchange, 404, 'Not Found', { error: { detail } });
}

export function answerEnvelope(exchange: Exchange, code: number, message: string, data: unknown): void {
  answerJson(exchange, code, { code, message, data });
}
