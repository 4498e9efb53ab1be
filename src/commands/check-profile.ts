import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { TransientError } from '../api/failures.ts';
import type { Link } from '../api/link.ts';
import type { Look } from '../api/look.ts';
import { readProfile } from '../config/file/own-profile.ts';
import { requireSmallFile, whyUnreadable } from '../config/paths.ts';
import type { Context } from '../context.ts';
import { ExitCode, ExportpollError, UsageError } from '../errors.ts';
import { formatDuration } from '../format.ts';
import { settle, nothingSeen } from '../poll/settle.ts';
import type { Profile } from '../profiles/schema.ts';
import { lookAtSamples, parseSample, parseSampleFlag, STATUS, type Sample } from '../run/sample-answers.ts';
import { safeText } from '../ui/text.ts';

/**
 * `exportpoll providers check FILE [--sample [NAME=]FILE]...`: checks a profile (exit 78 with all that is wrong), and
 * shows what it reads from recorded answers, without a request; several of one follow-up are its pages. A sample that it cannot make sense of gives the exit
 * code that a run would have.
 */
export async function checkProfileFile(
  context: Context,
  file: string,
  { samples, json }: { samples: readonly string[]; json: boolean },
): Promise<ExitCode> {
  const profile = readProfile(resolve(context.cwd, file));
  const read = samples.map((text) => ({ text, ...readSample(text, profile, context) }));
  const followUps = read.filter(({ of }) => of !== STATUS);
  refuseUnusable(profile, read);
  let exitCode: ExitCode = ExitCode.ok;
  const report = [];
  for (const sample of read.filter(({ of }) => of === STATUS)) {
    try {
      const found = sensible(await lookAtSamples(profile, [sample, ...followUps], () => context.clock.now()));
      report.push({ sample: basename(sample.path), ...plain(found, context) });
    } catch (error) {
      if (!(error instanceof ExportpollError)) throw error;
      exitCode = error.exitCode;
      const { message, hint } = error;
      const lookAgainIn = waitOf(error instanceof TransientError ? error.retryAfterMs : undefined);
      report.push({ sample: basename(sample.path), error: message, hint, lookAgainIn });
    }
  }
  const said = json
    ? JSON.stringify({ profile: profile.name, samples: report }, null, 2)
    : lines(profile, report);
  context.stdout.stream.write(`${said}\n`);
  return exitCode;
}

/** Throws UsageError for samples that no look would come to. */
function refuseUnusable(profile: Profile, samples: readonly Sample[]): void {
  const asked = samples.map(({ of }) => of);
  if (asked.length > 0 && !asked.includes(STATUS)) {
    throw new UsageError('no sample is an answer to the status request, with which every look begins', {
      hint: '--sample FILE, without a name, has one',
    });
  }
  const doubled = profile.followUps.find(
    ({ as, next }) => next === undefined && asked.indexOf(as) !== asked.lastIndexOf(as),
  );
  if (doubled === undefined) return;
  throw new UsageError(`there are several samples of "${doubled.as}", which has no pages`, {
    hint: 'with "next" in the profile they would be its pages; without it, check them one by one',
  });
}

function readSample(text: string, profile: Profile, { cwd }: Context): Sample & { path: string } {
  const { of, path } = parseSampleFlag(text, profile);
  const place = resolve(cwd, path);
  try {
    requireSmallFile(place);
    return { of, path: place, answer: parseSample(readFileSync(place, 'utf8')) };
  } catch (error) {
    throw new UsageError(`the sample ${path} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

/** More than any wait takes to make up its mind about a look that makes no sense. */
const MOST_LOOKS = 20;

/** One look, judged like the last of several that were all the same. */
function sensible(found: Look): Look {
  let seen = { look: found, memory: nothingSeen };
  const most = Math.max(MOST_LOOKS, found.settles?.after ?? 0);
  for (let looks = 0; looks < most; looks += 1) seen = settle(found, seen.memory, false);
  return seen.look;
}

interface Read {
  readonly sample: string;
  readonly state?: string;
  readonly [field: string]: unknown;
}

function plain(
  { state, word, percent, message, retryAfterMs, links }: Look,
  { clock }: Context,
): Omit<Read, 'sample'> {
  return {
    state,
    word,
    percent,
    message,
    lookAgainIn: waitOf(retryAfterMs),
    files: links?.map((link) => plainLink(link, clock.now())),
  };
}

function waitOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(ms);
}

/** A link as it may be shown: its query is often a signature. */
function plainLink(
  { url, name, identity, auth, expiresAt, size, checksums, headers }: Link,
  now: number,
): object {
  return {
    url: `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`,
    name,
    identity,
    auth,
    expires: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
    livesFor: expiresAt === undefined ? undefined : formatDuration(Math.max(0, expiresAt - now)),
    size,
    ...checksums,
    headers,
  };
}

function lines(profile: Profile, report: readonly Read[]): string {
  const samples = report.flatMap(({ sample, ...fields }) => ['', `${sample}:`, ...indented(fields)]);
  return [`${profile.name}: the profile is sound`, ...samples].map((line) => safeText(line)).join('\n');
}

function indented(fields: object, indent = '  '): string[] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!Array.isArray(value))
      return [`${indent}${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
    return [
      `${indent}${name}: ${value.length}`,
      ...value.flatMap((element: object, index) => [
        `${indent}  ${index + 1}.`,
        ...indented(element, `${indent}     `),
      ]),
    ];
  });
}
