import { isDeepStrictEqual } from 'node:util';

import type { Answer } from '../api/answer.ts';
import { refusalOf } from '../api/ask.ts';
import { parseJson } from '../api/json.ts';
import { look, type Asker, type Look } from '../api/look.ts';
import { at } from '../api/pages.ts';
import { withDefaults } from '../config/credentials/accounts.ts';
import { UsageError } from '../errors.ts';
import type { FollowUp, Profile, RequestEntry } from '../profiles/schema.ts';

/** A recorded answer: of the status request, or of the follow-up of that name. */
export interface Sample {
  readonly of: string;
  readonly answer: Pick<Answer, 'status' | 'headers' | 'body'>;
}

/** The name of the answer to the status request, among samples. */
export const STATUS = 'status';

/**
 * Reads a recorded answer: its JSON body alone, or an object with `status` (200 without it), `headers` and `body`. Text
 * that is not JSON is a body, too.
 */
export function parseSample(text: string): Sample['answer'] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { status: 200, headers: {}, body: text };
  }
  if (!isWhole(value)) return { status: 200, headers: {}, body: value };
  const { status = 200, headers = {}, body } = value;
  const lower = Object.entries(headers).map(([name, content]) => [name.toLowerCase(), String(content)]);
  return { status, headers: Object.fromEntries(lower) as Answer['headers'], body };
}

/**
 * What `profile` makes of recorded answers, with its example for an id and no network. Rejects like a look, and with
 * UsageError when it asks for an answer that is not there.
 */
export async function lookAtSamples(
  profile: Profile,
  samples: readonly Sample[],
  now: () => number,
): Promise<Look> {
  const variables = withDefaults(profile, standIns(profile));
  /** The follow-up that was asked last, and its pages that are still to come. */
  let step: FollowUp | undefined;
  let pages: Sample[] = [];
  const answerTo = (entry: RequestEntry): { of: string; answer: Sample['answer'] | undefined } => {
    const recorded = (of: string): Sample[] => samples.filter((sample) => sample.of === of);
    if (entry === profile.status.request) return { of: STATUS, answer: recorded(STATUS)[0]?.answer };
    const asked = profile.followUps.find(({ request }) => request === entry);
    if (asked !== undefined && asked !== step) {
      step = asked;
      pages = recorded(asked.as);
      return { of: asked.as, answer: pages.shift()?.answer };
    }
    const isNextPage = step !== undefined && (asked === step || isDeepStrictEqual(entry, at(step.request)));
    // What nobody has recorded, pages of files and those after the last sample, is as good as empty.
    return { of: step?.as ?? '', answer: (isNextPage ? pages.shift()?.answer : undefined) ?? EMPTY };
  };
  const send: Asker['send'] = async ({ entry }, accept = []) => {
    const { of, answer } = answerTo(entry);
    if (answer === undefined) {
      throw new UsageError(`the profile asks for "${of}" then, which is not among the samples`, {
        hint: `--sample ${of}=FILE has the answer to it`,
      });
    }
    const whole = { ...answer, url: new URL(variables['baseUrl'] ?? ''), serverNow: now() };
    const error = refusalOf(profile, whole, accept, 'the sample', (text) => text);
    if (error !== undefined) throw error;
    return await Promise.resolve(whole);
  };
  const asker = { send, quote: (text: string) => text, now };
  return await look({ name: profile.name, profile, variables }, profile.id.example, asker);
}

const EMPTY: Sample['answer'] = { status: 200, headers: {}, body: undefined };

/** Something for every plain variable, so that templates can be filled in. */
function standIns({ variables }: Profile): Record<string, string> {
  const plain = Object.entries(variables).filter(
    ([, { secret, default: text }]) => !secret && text === undefined,
  );
  const values = plain.map(([name, { example }]) => [
    name,
    example ?? (name === 'baseUrl' ? 'https://api.example' : name),
  ]);
  return Object.fromEntries(values) as Record<string, string>;
}

function isWhole(value: unknown): value is { status?: number; headers?: object; body: unknown } {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'body')) return false;
  return Object.keys(value).every((key) => key === 'status' || key === 'headers' || key === 'body');
}

/** `FILE` or `NAME=FILE`, as `--sample` has it. Throws UsageError for a name that the profile does not have. */
export function parseSampleFlag(text: string, profile: Profile): { of: string; path: string } {
  const [, name, path] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || path === undefined) return { of: STATUS, path: text };
  const known = [STATUS, ...profile.followUps.map(({ as }) => as)];
  if (known.includes(name)) return { of: name, path };
  throw new UsageError(`--sample ${text}: the profile has no answer called "${name}"`, {
    hint: `it has ${known.join(', ')}`,
  });
}
