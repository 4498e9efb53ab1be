import { didYouMean } from '../nearest.ts';
import type { Complaint } from './complaint.ts';
import { rootsOf } from './expression.ts';
import type { NextEntry, Profile, RequestEntry } from './schema.ts';

/** What expressions find under these names is not the answer of a follow-up. */
export const RESERVED: ReadonlySet<string> = new Set([
  'status',
  'headers',
  'body',
  'vars',
  'params',
  'item',
  'index',
]);

/** A name like any other in JMESPath, but nobody means anything else by it. */
const NOTHING = 'null';

type Path = Complaint['path'];
/** An expression of a profile, and where it stands. */
type Place = readonly [path: Path, expression: string | undefined];

/** A name that nobody knows picks nothing, for ever and without a word: every one that an expression begins with. */
export function checkRoots(profile: Profile): Complaint[] {
  const known = [...RESERVED, ...profile.followUps.map(({ as }) => as)];
  return expressionsIn(profile).flatMap(([path, expression]) =>
    (expression === undefined ? [] : rootsOf(expression))
      .filter((name) => name !== NOTHING && !known.includes(name))
      .map((name) => ({ path, message: `"${expression}" begins with "${name}", ${adviceOn(name, known)}` })),
  );
}

function adviceOn(name: string, known: readonly string[]): string {
  if (/^(true|false)$/.test(name)) return `which is a name: the value is written \`${name}\``;
  const nearest = didYouMean(name, known);
  return `which is none of ${known.join(', ')}${nearest === '' ? `; text is written '${name}'` : nearest}`;
}

function expressionsIn(profile: Profile): Place[] {
  const { check, errors, start, status, followUps, files, cancel, quota } = profile;
  return [
    ...members(['errors'], errors, ['status', 'message', 'retryAfter', 'retryAt']),
    ...(check === undefined ? [] : inRequest(['check', 'request'], check.request)),
    ...(start === undefined ? [] : inStart(start)),
    ...inRequest(['status', 'request'], status.request),
    ...members(['status'], status, ['state', 'message', 'retryAfter', 'retryAt']),
    ...inPercent(status.percent),
    ...followUps.flatMap((entry, index) => [
      ...inRequest(['followUps', index, 'request'], entry.request),
      ...inNext(['followUps', index, 'next'], entry.next),
      ...members(['followUps', index], entry, ['state', 'message']),
    ]),
    ...files.flatMap((entry, index) => inFiles(['files', index], entry)),
    ...(cancel === undefined ? [] : inRequest(['cancel', 'request'], cancel.request)),
    ...members(['cancel'], { message: cancel?.message }, ['message']),
    ...members(['quota'], quota, ['remaining', 'limit']),
  ];
}

function inStart({ request, find, refusals, ...start }: NonNullable<Profile['start']>): Place[] {
  return [
    ...members(['start'], start, ['timeZone', 'id']),
    ...inRequest(['start', 'request'], request),
    ...(find === undefined ? [] : inRequest(['start', 'find', 'request'], find.request)),
    ...(find === undefined ? [] : members(['start', 'find'], find, ['each', 'where', 'id'])),
    ...refusals.map(({ when }, index): Place => [['start', 'refusals', index, 'when'], when]),
  ];
}

function inFiles(path: Path, entry: Profile['files'][number]): Place[] {
  const { auth, lifetime } = entry;
  return [
    ...members(path, entry, ['each', 'url', 'name', 'expires', 'size', 'md5', 'sha1', 'sha256']),
    ...record([...path, 'with'], entry.with),
    ...inNext([...path, 'next'], entry.next),
    ...(typeof auth === 'object' ? record([...path, 'auth'], auth) : []),
    ...(typeof lifetime === 'object' ? record([...path, 'lifetime'], lifetime) : []),
  ];
}

function inRequest(path: Path, request: RequestEntry): Place[] {
  return [...members(path, request, ['query', 'json', 'form']), ...record([...path, 'with'], request.with)];
}

function inNext(path: Path, next: NextEntry | undefined): Place[] {
  return typeof next === 'object' ? record(path, next) : [[path, next]];
}

function inPercent(percent: Profile['status']['percent']): Place[] {
  const path = ['status', 'percent'];
  return typeof percent === 'object' ? record(path, percent) : [[path, percent]];
}

function members<Name extends string>(
  path: Path,
  entry: Readonly<Partial<Record<Name, string | undefined>>>,
  names: readonly Name[],
): Place[] {
  return names.map((name) => [[...path, name], entry[name]]);
}

function record(path: Path, expressions: Readonly<Record<string, string>>): Place[] {
  return Object.entries(expressions).map(([name, expression]) => [[...path, name], expression]);
}
