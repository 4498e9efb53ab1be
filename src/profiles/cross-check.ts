import { didYouMean } from '../nearest.ts';
import { authVariables } from './auth.ts';
import { checkRoots, RESERVED } from './check-roots.ts';
import type { Complaint } from './complaint.ts';
import { dateMistakeIn } from './date-words.ts';
import type { FollowUp, Profile } from './schema.ts';
import { headerVariables, templateVariables, urlVariablesInHeader } from './template.ts';
import { groupsOf, matchesWhole } from './pattern.ts';
import { normaliseWord } from './words.ts';

type States = FollowUp['states'];

/** Everything in a profile that its places say of each other and that does not hold. */
export function crossCheck(profile: Profile): Complaint[] {
  return [
    ...checkId(profile),
    ...checkAuth(profile),
    ...checkWords(profile),
    ...checkLabels(profile),
    ...checkNames(profile),
    ...checkTemplates(profile),
    ...checkRoots(profile),
    ...checkQuota(profile),
    ...checkStart(profile),
  ];
}

function checkId({ id, variables }: Profile): Complaint[] {
  const at = ['id', 'pattern'] as const;
  const complaints: Complaint[] = [];
  if (!matches(id.pattern, id.example)) {
    complaints.push({ path: ['id', 'example'], message: 'does not match the pattern' });
  }
  for (const name of groupsOf(id.pattern)) {
    if (name === 'id' || Object.hasOwn(variables, name)) {
      complaints.push({
        path: at,
        message: `has a group "${name}", which is the name of a variable already`,
      });
    }
  }
  return complaints;
}

/** A pattern may take for ever, and has not been looked at yet: what takes too long is not judged here. */
function matches(pattern: string, text: string): boolean {
  try {
    return matchesWhole(pattern, text);
  } catch {
    return true;
  }
}

function checkAuth({ auth, variables }: Profile): Complaint[] {
  return auth.flatMap((entry, index) =>
    authVariables(entry)
      .filter((name) => !Object.hasOwn(variables, name))
      .map((name) => ({
        path: ['auth', index],
        message: `names a variable "${name}" that is not under variables${didYouMean(name, Object.keys(variables))}`,
      })),
  );
}

/** Words are compared without case and separators; two that are one then must not mean different things. */
function checkWords({ status, followUps }: Profile): Complaint[] {
  const tables: [Complaint['path'], States][] = [
    [['status', 'states'], status.states],
    ...followUps.map(({ states }, index): [Complaint['path'], States] => [
      ['followUps', index, 'states'],
      states,
    ]),
  ];
  return tables.flatMap(([path, states]) => {
    const seen = new Map<string, string>();
    return Object.keys(states).flatMap((word) => {
      const normal = normaliseWord(word);
      const other = seen.get(normal);
      seen.set(normal, word);
      return other === undefined
        ? []
        : [{ path: [...path, word], message: `is the same word as "${other}"` }];
    });
  });
}

/** A label that no follow-up waits for would be waited on for ever; one that nothing gives is a slip of the pen. */
function checkLabels({ status, followUps }: Profile): Complaint[] {
  const asked = followUps.flatMap(({ when }) => when);
  const given = [status.states, ...followUps.map(({ states }) => states)].flatMap((states) =>
    Object.values(states),
  );
  const labels = given.flatMap((meaning) =>
    typeof meaning === 'object' && 'follow' in meaning ? [meaning.follow] : [],
  );
  const states = given.flatMap((meaning) => {
    if (typeof meaning === 'string') return [meaning];
    return 'state' in meaning ? [meaning.state] : [];
  });
  const known: readonly string[] = [...labels, ...states];
  return [
    ...labels
      .filter((label) => !asked.includes(label))
      .map((label) => ({
        path: ['followUps'],
        message: `none has when: ${label}${didYouMean(label, asked)}`,
      })),
    ...followUps.flatMap(({ when }, index) =>
      [when]
        .flat()
        .filter((label) => !known.includes(label))
        .map((label) => ({
          path: ['followUps', index, 'when'],
          message: `"${label}" is neither a state nor a label that a word leads to${didYouMean(label, known)}`,
        })),
    ),
  ];
}

function checkNames({ followUps }: Profile): Complaint[] {
  const names = followUps.map(({ as }) => as);
  return names.flatMap((name, index) => {
    const path = ['followUps', index, 'as'];
    if (RESERVED.has(name)) return [{ path, message: `"${name}" is the name of something else already` }];
    return names.indexOf(name) < index ? [{ path, message: `"${name}" is used twice` }] : [];
  });
}

/** A variable that does not exist expands to nothing, and a URL without its id asks for something else. */
function checkTemplates(profile: Profile): Complaint[] {
  const { variables, id, auth, start, check: harmless, status, followUps, files, cancel } = profile;
  const ofId = ['id', ...groupsOf(id.pattern)];
  const checkNamed = (
    path: Complaint['path'],
    names: readonly string[],
    own: readonly string[],
    common: readonly string[],
    place: string,
  ): Complaint[] =>
    names.flatMap((name) => {
      if (own.includes(name) || common.includes(name)) return [];
      if (!Object.hasOwn(variables, name)) {
        const known = [...Object.keys(variables), ...common, ...own];
        return [{ path, message: `there is no variable "${name}"${didYouMean(name, known)}` }];
      }
      if (variables[name]?.secret !== true) return [];
      return [{ path, message: `"${name}" is secret, and ${place} is no place for it: name it under auth` }];
    });
  const check = (
    path: Complaint['path'],
    template: string,
    own: readonly string[],
    common = ofId,
  ): Complaint[] => checkNamed(path, templateVariables(template), own, common, 'a URL');
  const checkHeaders = (
    path: Complaint['path'],
    headers: Readonly<Record<string, string>>,
    own: readonly string[],
    common = ofId,
  ): Complaint[] =>
    Object.entries(headers).flatMap(([name, value]) => [
      ...checkNamed([...path, 'headers', name], headerVariables(value), own, common, 'a header of a profile'),
      ...urlVariablesInHeader(value).map((text) => ({
        path: [...path, 'headers', name],
        message: `${text} is for URLs; in a header a variable is written {name}`,
      })),
    ]);
  // Before the start there is no id, but there may be a name.
  const beforeStart = start?.name === undefined ? [] : ['name'];
  const requests = [
    ...(start === undefined ? [] : [{ path: ['start', 'request'], ...start, common: beforeStart }]),
    ...(start?.find === undefined
      ? []
      : [{ path: ['start', 'find', 'request'], ...start.find, common: beforeStart }]),
    { path: ['status', 'request'], request: status.request },
    ...(harmless === undefined ? [] : [{ path: ['check', 'request'], ...harmless }]),
    ...followUps.map(({ request, next }, index) => ({
      path: ['followUps', index, 'request'],
      request,
      next,
    })),
    ...(cancel === undefined ? [] : [{ path: ['cancel', 'request'], ...cancel }]),
  ].map((entry) => ({ common: ofId, next: undefined, ...entry }));
  const defaults = Object.entries(variables).flatMap(([name, variable]) =>
    check(['variables', name, 'default'], variable.default ?? '', []),
  );
  const tokenUrls = auth.flatMap((entry, index) =>
    'tokenUrl' in entry ? check(['auth', index, 'tokenUrl'], entry.tokenUrl, []) : [],
  );
  return [
    ...defaults,
    ...tokenUrls,
    ...check(['start', 'name', 'template'], start?.name?.template ?? '', ['time', 'random'], []),
    ...requests.flatMap(({ path, request, next, common }) => {
      const own = [...Object.keys(request.with), ...namesIn(next)];
      return [
        ...check([...path, 'url'], request.url, own, common),
        ...checkHeaders(path, request.headers, own, common),
      ];
    }),
    ...files.flatMap(({ template = '', headers, with: bound, next }, index) => {
      const own = [...Object.keys(bound), ...namesIn(next)];
      return [
        ...check(['files', index, 'template'], template, own),
        ...checkHeaders(['files', index], headers, own),
      ];
    }),
  ];
}

function checkStart({ start }: Profile): Complaint[] {
  if (start === undefined) return [];
  const { parameters, name } = start;
  const complaints = Object.entries(parameters).flatMap(([parameter, { pattern, example }]) =>
    pattern === undefined || example === undefined || matches(pattern, example)
      ? []
      : [{ path: ['start', 'parameters', parameter, 'example'], message: 'does not match the pattern' }],
  );
  for (const [parameter, { default: text = '' }] of Object.entries(parameters)) {
    const message = dateMistakeIn(text);
    if (message !== undefined)
      complaints.push({ path: ['start', 'parameters', parameter, 'default'], message });
  }
  const known = Object.keys(parameters);
  const by = name?.parameter;
  if (by === undefined || known.includes(by)) return complaints;
  const message = `"${by}" is not among the parameters${didYouMean(by, known)}`;
  return [...complaints, { path: ['start', 'name', 'parameter'], message }];
}

function checkQuota({ quota: { account }, variables }: Profile): Complaint[] {
  if (account === undefined || Object.hasOwn(variables, account)) return [];
  return [{ path: ['quota', 'account'], message: `there is no variable "${account}"` }];
}

function namesIn(next: FollowUp['next']): string[] {
  return typeof next === 'object' ? Object.keys(next) : [];
}
