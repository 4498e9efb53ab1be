import { Writable } from 'node:stream';

import type { Clock, Context, Output } from '../../src/context.ts';
import type { Event } from '../../src/events.ts';
import { Redactor } from '../../src/secrets.ts';

/** A standard stream that keeps what is written to it. */
export class FakeOutput implements Output {
  readonly stream: Writable;
  readonly isTTY: boolean;
  text = '';

  constructor({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
    this.isTTY = isTTY;
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.text += chunk.toString();
        done();
      },
    });
    this.stream = Object.assign(stream, { isTTY, columns, rows: 24 });
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

/** A clock that stands until it is told to go on. */
class FakeClock implements Clock {
  #nowMs = Date.parse('2024-05-06T07:08:09.000Z');

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  async sleep(): Promise<void> {
    throw new Error('a reporter never waits');
  }
}

export interface FakeWorld extends Pick<Context, 'env' | 'redactor'> {
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly clock: FakeClock;
}

export function createWorld(
  options: { stdoutTTY?: boolean; stderrTTY?: boolean; columns?: number; env?: Context['env'] } = {},
): FakeWorld {
  const { stdoutTTY = false, stderrTTY = false, columns = 80, env = {} } = options;
  return {
    stdout: new FakeOutput({ isTTY: stdoutTTY, columns }),
    stderr: new FakeOutput({ isTTY: stderrTTY, columns }),
    clock: new FakeClock(),
    env,
    redactor: new Redactor(),
  };
}

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

const EXPORT = { provider: 'webadmit', id: '86446/74780' };

/** A status of the export that the tests talk about. */
export function status(fields: Partial<EventOf<'export.status'>> = {}): Event {
  return {
    type: 'export.status',
    ...EXPORT,
    state: 'running',
    providerStatus: 'In Progress',
    nextPollMs: 12_000,
    ...fields,
  };
}

/** The status after which there is nothing to wait for. */
export function ended(
  state: EventOf<'export.status'>['state'],
  providerStatus: string,
  message?: string,
): Event {
  return {
    type: 'export.status',
    ...EXPORT,
    state,
    providerStatus,
    ...(message !== undefined && { message }),
  };
}

export function started(file: string, bytes?: number, resumedFrom = 0): Event {
  return { type: 'file.started', ...EXPORT, file, resumedFrom, ...(bytes !== undefined && { bytes }) };
}

export function progress(file: string, bytes: number, total?: number): Event {
  return { type: 'file.progress', ...EXPORT, file, bytes, ...(total !== undefined && { total }) };
}

export function saved(file: string, bytes: number, path = `/data/${file}`): Event {
  return { type: 'file.saved', ...EXPORT, file, path, bytes, rawBytes: bytes, sha256: 'ab'.repeat(32) };
}

export function failed(file: string, message: string): Event {
  return { type: 'file.failed', ...EXPORT, file, code: 65, message };
}

export function summary(fields: Partial<EventOf<'summary'>> = {}): Event {
  return {
    type: 'summary',
    files: 1,
    bytes: 10,
    exitCode: 0,
    polls: 2,
    renewals: 0,
    elapsedMs: 1500,
    ...fields,
  };
}
