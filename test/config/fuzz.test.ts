import { PassThrough } from 'node:stream';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { config } from '../../src/commands/config.ts';
import { resolveTarget, resolveTargets } from '../../src/config/targets.ts';
import { flags } from '../../src/config/flags.ts';
import { ConfigError, UsageError } from '../../src/errors.ts';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
import { createWorld, type World } from './world.ts';

const RUNS = { numRuns: 150 };

const scalar = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    '~',
    '${X}',
    '${SET}',
    '${',
    '5s',
    '3',
    'webadmit',
    'https://x.example',
    'http://x',
    '*',
    '__proto__',
  ),
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const words =
  'provider providers exports id start use profile file command apiKey baseUrl webadmit personium rebilly mine ' +
  '__proto__ constructor toString $import';
const key = fc.oneof(
  fc.constantFrom('', ...words.split(' '), ...flags.map(({ name }) => name)),
  fc.string({ maxLength: 5 }),
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
})).value;

/** Likelier than `anything` to get past the first check. */
const shaped = fc.record(
  {
    providers: fc.dictionary(
      fc.constantFrom('webadmit', 'personium', 'mine', 'constructor'),
      fc.dictionary(key, anything, { maxKeys: 3 }),
    ),
    exports: fc.dictionary(
      fc.constantFrom('a', 'constructor'),
      fc.oneof(
        fc.dictionary(key, scalar, { maxKeys: 3 }),
        fc.record({
          provider: fc.constantFrom('webadmit', 'mytracker-raw', 'mine'),
          start: fc.dictionary(fc.constantFrom('event', 'timezone', 'dateFrom', 'constructor'), anything),
        }),
      ),
    ),
    provider: scalar,
    output: scalar,
  },
  { requiredKeys: [] },
);

/** Everything that is done with a configuration; gives the errors that nobody should see. */
async function surprises(world: World): Promise<unknown[]> {
  const configuration = await world.load();
  const names = [...configuration.providerNames(), 'constructor', '__proto__'];
  const targets = [...configuration.exports.keys(), 'constructor', '__proto__'];
  const errors: unknown[] = [
    ...configuration.problems,
    ...names.map((name) => errorOf(() => configuration.account(name))),
    ...targets.map((target) => errorOf(() => resolveTarget(configuration, target))),
    errorOf(() => resolveTargets(configuration, [])),
    await configuration.inspect().then(
      () => undefined,
      (error: unknown) => error,
    ),
  ];
  return errors.filter(
    (error) => error !== undefined && !(error instanceof ConfigError) && !(error instanceof UsageError),
  );
}

test('no configuration file, whatever is in it, ends in anything but a configuration or an error that people understand', async () => {
  const world = createWorld({ SET: 'value' });
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, shaped), async (data) => {
      world.write('home/work/.exportpollrc.json', JSON.stringify(data));
      expect(await surprises(world)).toEqual([]);
      expect(({} as Record<string, unknown>)['output']).toBeUndefined();
    }),
    RUNS,
  );
});

test('nor does any text', async () => {
  const world = createWorld();
  const piece = fc.constantFrom(
    'providers:',
    'a: ',
    '\n  ',
    '&x ',
    '*x',
    '!!js/function ',
    '{',
    '}',
    '[',
    '- ',
    '"',
    '? ',
    '%',
    '\t',
    '<<: ',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      ),
      async (text) => {
        world.project(text);
        expect(await surprises(world)).toEqual([]);
      },
    ),
    RUNS,
  );
});

/** Every place in some data, as a path. */
function placesIn(data: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof data !== 'object' || data === null) return [path];
  return [path, ...Object.entries(data).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** A copy of the data with another value at the path; without that place for `undefined`. */
function changed(data: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(data) ? [...(data as unknown[])] : { ...(data as object) }) as Record<
    string,
    unknown
  >;
  const inner = changed(copy[key], rest, value);
  if (inner === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = inner;
  return copy;
}

/** A profile that was sound, with one to three of its values taken away or replaced. */
const brokenProfile = fc
  .constantFrom(...builtinNames)
  .map((name) => parse(builtinText(name)) as unknown)
  .chain((profile) => {
    const change = fc.record({
      path: fc.constantFrom(...placesIn(profile)),
      value: fc.oneof(
        fc.constant(undefined),
        scalar,
        fc.constantFrom('(', '[', '{+x}', '(a+)+', '${SET}'),
        anything,
      ),
    });
    return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
      changes.reduce<unknown>((data, { path, value }) => {
        try {
          return changed(data, path, value);
        } catch {
          // An earlier change has taken the place away.
          return data;
        }
      }, profile),
    );
  });

test('nor does any profile', async () => {
  const world = createWorld({
    SET: 'value',
    EXPORTPOLL_MINE_API_KEY: 'some-key',
    EXPORTPOLL_MINE_TOKEN: 'token',
  });
  await fc.assert(
    fc.asyncProperty(brokenProfile, fc.boolean(), async (profile, inline) => {
      world.write('home/work/p.yaml', JSON.stringify(profile) ?? '');
      world.project(
        JSON.stringify({ providers: { mine: { profile: inline ? (profile ?? null) : 'p.yaml' } } }),
      );
      expect(await surprises(world)).toEqual([]);
    }),
    RUNS,
  );
});

test('`config` ends with 0 or 78, and with a sentence wherever it is 78', async () => {
  const world = createWorld({ SET: 'value' });
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, shaped), fc.boolean(), async (data, json) => {
      world.write('home/work/.exportpollrc.json', JSON.stringify(data));
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const context = {
        ...world.context,
        stdout: { stream: stdout, isTTY: false },
        stderr: { stream: stderr, isTTY: false },
      };
      const exitCode = await config(context, { targets: [], flags: { json }, configFile: undefined });
      const said = String(stderr.read() ?? '');
      expect([0, 78]).toContain(exitCode);
      expect(said).not.toMatch(/^\s+at |report this bug|TypeError|undefined/m);
      const told = said
        .split('\n')
        .filter((line) => /^exportpoll: (?!warning|no configuration).{10,}/.test(line));
      expect(told.length > 0).toBe(exitCode === 78);
      if (json) JSON.parse(String(stdout.read()));
    }),
    RUNS,
  );
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
