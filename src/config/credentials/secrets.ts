import { readFile } from 'node:fs/promises';

import type { ExecaError } from 'execa';

import { endOf, GRACE_MS } from '../../child.ts';
import type { Context } from '../../context.ts';
import { hasControlCharacters } from '../../control-characters.ts';
import { ConfigError } from '../../errors.ts';
import { MIN_SECRET_LENGTH, Secret } from '../../secrets.ts';
import { interpolate, isInterpolated } from '../interpolate.ts';
import { locate, requireSmallFile, whyUnreadable } from '../paths.ts';
import type { VariableValue } from '../schema.ts';
import type { SecretSource } from '../../account.ts';
import { checkPattern } from '../values.ts';

/** Long enough to unlock a password manager by hand. */
const COMMAND_TIMEOUT_MS = 60_000;
/** In characters; no credential is longer. */
const MOST_OUTPUT = 64 * 1024;

/** Where a secret was configured. */
export interface SecretPlace {
  /** For messages: `EXPORTPOLL_WEBADMIT_API_KEY`, or file, line and key. */
  readonly at: string;
  /** What relative paths are relative to, and where commands run. */
  readonly directory: string;
  /** A regular expression that the whole value must match. */
  readonly pattern?: string | undefined;
}

/** A value of the environment or of .netrc, as it is. */
export function givenSecret(value: string, place: SecretPlace, context: Context): SecretSource {
  return source(place.at, false, place, context, () => Promise.resolve(value));
}

/** What a configuration file says: text with `${NAME}`, `{ file }` or `{ command }`. Nothing is read before `read`. */
export function configuredSecret(value: VariableValue, place: SecretPlace, context: Context): SecretSource {
  if (typeof value === 'string') {
    const description = isInterpolated(value) ? `${place.at}, from the environment` : place.at;
    return source(description, false, place, context, () => Promise.resolve(fill(value, context)));
  }
  if ('file' in value) {
    const path = locate(value.file, place.directory, context.home);
    return source(`file ${path}`, true, place, context, async () => await fromFile(path));
  }
  const { command } = value;
  return source(`command ${command[0]}`, true, place, context, async (signal) => {
    return await fromCommand(command, place.directory, context, signal);
  });
}

/** Remembers what `get` gave, one reading at a time, and checks and masks it. */
function source(
  description: string,
  mayChange: boolean,
  place: SecretPlace,
  { redactor }: Context,
  get: (signal: AbortSignal) => Promise<string>,
): SecretSource {
  let remembered: Promise<Secret> | undefined;
  const load = async (signal: AbortSignal): Promise<Secret> => {
    try {
      const value = await get(signal);
      redactor.add(value);
      checkSecret(value, place.pattern);
      return new Secret(value);
    } catch (error) {
      remembered = undefined;
      if (!(error instanceof RangeError)) throw error;
      throw new ConfigError(`${place.at} ${error.message}`);
    }
  };
  return {
    description,
    read: async (signal) => await (remembered ??= load(signal)),
    forget() {
      if (mayChange) remembered = undefined;
      return mayChange;
    },
  };
}

/** Throws RangeError for what cannot be a credential. The value itself is never quoted. */
function checkSecret(value: string, pattern: string | undefined): void {
  if (value === '') throw new RangeError('is an empty secret');
  if (hasControlCharacters(value))
    throw new RangeError('has a line break or another control character in it');
  if (value.length < MIN_SECRET_LENGTH) {
    throw new RangeError(
      `is a secret of fewer than ${MIN_SECRET_LENGTH} characters, which cannot be masked in output`,
    );
  }
  checkPattern(value, pattern);
}

function fill(text: string, { env, redactor }: Context): string {
  return interpolate(text, env, (value) => redactor.add(value));
}

async function fromFile(path: string): Promise<string> {
  try {
    requireSmallFile(path);
    return withoutNewline(await readFile(path, 'utf8'));
  } catch (error) {
    throw new RangeError(`cannot be read from its file ${path}: ${whyUnreadable(error)}`, { cause: error });
  }
}

async function fromCommand(
  [program = '', ...args]: readonly string[],
  cwd: string,
  { env, clock }: Context,
  signal: AbortSignal,
): Promise<string> {
  const { execa } = await import('execa');
  try {
    const child = execa(program, args, {
      cwd,
      env: { ...env },
      extendEnv: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MOST_OUTPUT,
      cancelSignal: signal,
      forceKillAfterDelay: GRACE_MS,
    });
    const { stdout } = await endOf(child, clock, signal);
    return withoutNewline(stdout);
  } catch (error) {
    signal.throwIfAborted();
    // Neither its output nor the error, which quotes it, is passed on: half a secret may be in there.
    throw new RangeError(`cannot be had: ${program} ${whyFailed(error)}; run the command by hand to see why`);
  }
}

function whyFailed(error: unknown): string {
  if (!isOfExeca(error)) return 'could not be run';
  if (error.timedOut) return `did not end within ${COMMAND_TIMEOUT_MS / 1000} s`;
  if (error.isMaxBuffer) return 'wrote more than any secret has';
  if (error.exitCode !== undefined) return `ended with exit code ${error.exitCode}`;
  return error.code === 'ENOENT' ? 'was not found' : 'could not be run';
}

/** Not by its class: execa is loaded only by those who have a command. */
function isOfExeca(error: unknown): error is ExecaError {
  return error instanceof Error && 'timedOut' in error;
}

function withoutNewline(text: string): string {
  return text.replace(/(\r?\n)+$/, '');
}
