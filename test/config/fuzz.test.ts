import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { resolveTarget, resolveTargets } from '../../src/config/targets.ts';
import { flags } from '../../src/config/flags.ts';
import { ConfigError, UsageError } from '../../src/errors.ts';
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
    exports: fc.dictionary(fc.constantFrom('a', 'constructor'), fc.dictionary(key, scalar, { maxKeys: 3 })),
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

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
