import { expect, test } from 'vitest';

import { flags } from '../../src/config/flags.ts';

test('a flag, its environment twin and its key in the configuration file have the same name', () => {
  expect(flags.map(({ long, env, name }) => `${long} ${env} ${name}`)).toEqual([
    '--provider EXPORTPOLL_PROVIDER provider',
    '--output EXPORTPOLL_OUTPUT output',
    '--name EXPORTPOLL_NAME name',
    '--if-exists EXPORTPOLL_IF_EXISTS ifExists',
    '--force EXPORTPOLL_FORCE force',
    '--keep-compressed EXPORTPOLL_KEEP_COMPRESSED keepCompressed',
    '--concurrency EXPORTPOLL_CONCURRENCY concurrency',
    '--connections EXPORTPOLL_CONNECTIONS connections',
    '--interval EXPORTPOLL_INTERVAL interval',
    '--max-interval EXPORTPOLL_MAX_INTERVAL maxInterval',
    '--timeout EXPORTPOLL_TIMEOUT timeout',
    '--stall-timeout EXPORTPOLL_STALL_TIMEOUT stallTimeout',
    '--retries EXPORTPOLL_RETRIES retries',
    '--max-bytes EXPORTPOLL_MAX_BYTES maxBytes',
    '--json EXPORTPOLL_JSON json',
    '--progress EXPORTPOLL_PROGRESS progress',
    '--quiet EXPORTPOLL_QUIET quiet',
    '--verbose EXPORTPOLL_VERBOSE verbose',
    '--no-color EXPORTPOLL_NO_COLOR color',
    '--error-on-empty EXPORTPOLL_ERROR_ON_EMPTY errorOnEmpty',
    '--exec EXPORTPOLL_EXEC exec',
    '--ping EXPORTPOLL_PING ping',
    '--ci-output EXPORTPOLL_CI_OUTPUT ciOutput',
    '--sandbox EXPORTPOLL_SANDBOX sandbox',
  ]);
});

test('every default is a value that the flag itself accepts', () => {
  const refused = flags.filter(
    ({ defaultText, parse }) => defaultText !== undefined && !accepts(parse, defaultText),
  );
  expect(refused).toEqual([]);
});

test('every choice that the help offers is accepted, and nothing else', () => {
  const choosing = flags.filter(({ choices }) => choices !== undefined);
  expect(choosing.map(({ key }) => key)).toEqual(['ifExists', 'progress']);
  for (const { choices = [], parse } of choosing) {
    expect(choices.filter((choice) => !accepts(parse, choice))).toEqual([]);
    expect(() => parse('sometimes')).toThrow(`must be one of ${choices.join(', ')}`);
  }
});

test('only a flag that takes a value has choices', () => {
  expect(flags.filter(({ choices, argument }) => choices !== undefined && argument === undefined)).toEqual(
    [],
  );
});

test('a file name template with a field that does not exist is refused', () => {
  const name = flags.find(({ key }) => key === 'name');
  expect(name?.parse('{provider}-{stem}{ext}')).toBe('{provider}-{stem}{ext}');
  expect(() => name?.parse('{date}{ext}')).toThrow('{date}');
});

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
