import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { withDefaults } from '../../../src/config/credentials/accounts.ts';
import { requireCredentials } from '../../../src/config/credentials/credentials.ts';
import { environmentName } from '../../../src/config/providers.ts';
import { ConfigError, UsageError } from '../../../src/errors.ts';
import { builtinText } from '../../../src/profiles/builtin.ts';
import { loadBuiltin } from '../../../src/profiles/load-builtin.ts';
import { createWorld } from '../world.ts';

const { signal } = new AbortController();

test.each([
  ['webadmit', 'apiKey', 'EXPORTPOLL_WEBADMIT_API_KEY'],
  ['mytracker-raw', 'secretKey', 'EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY'],
  ['personium', 'token', 'EXPORTPOLL_PERSONIUM_TOKEN'],
])('%s and %s are %s in the environment', (provider, variable, name) => {
  expect(environmentName(provider, variable)).toBe(name);
});

test('a built-in provider needs no file: its variables come from the environment', async () => {
  const env = {
    EXPORTPOLL_MYTRACKER_RAW_USER_ID: '77658',
    EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'sample-key',
  };
  const account = (await createWorld(env).load()).account('mytracker-raw');
  expect(account.variables).toEqual({ baseUrl: 'https://tracker.my.com', userId: '77658' });
  expect((await account.secrets['secretKey']?.read(signal))?.reveal()).toBe('sample-key');
  expect(requireCredentials(account)).toEqual({ scheme: 'authhmac', user: 'userId', secret: 'secretKey' });
});

test('for each variable the environment goes before the project file, and that before the user file', async () => {
  const world = createWorld({ EXPORTPOLL_REBILLY_ORGANIZATION: 'of-env' });
  world.project('providers: { rebilly: { organization: of-project, path: /of-project } }');
  world.user('providers: { rebilly: { organization: of-user, path: /of-user, apiKey: key-of-user } }');
  const account = (await world.load()).account('rebilly');
  expect(account.variables).toMatchObject({ organization: 'of-env', path: '/of-project' });
  expect((await account.secrets['apiKey']?.read(signal))?.reveal()).toBe('key-of-user');
});

test('defaults are filled in from the other variables, and left out as long as these are missing', () => {
  const profile = loadBuiltin('rebilly');
  expect(withDefaults(profile, { organization: 'a/b' })['path']).toBe(
    '/experimental/organizations/a%2Fb/data-exports',
  );
  expect(withDefaults(profile, {})).toEqual({ baseUrl: 'https://api.rebilly.com' });
});

test('a second account of a built-in profile has its own credentials', async () => {
  const world = createWorld({
    EXPORTPOLL_WEBADMIT_API_KEY: 'key-of-the-first',
    NURSING_KEY: 'key-of-nursing',
  });
  world.project('providers: { nursing: { use: webadmit, apiKey: "${NURSING_KEY}" } }');
  const configuration = await world.load();
  const account = configuration.account('nursing');
  expect(account.profile.name).toBe('webadmit');
  expect((await account.secrets['apiKey']?.read(signal))?.reveal()).toBe('key-of-nursing');
  expect(configuration.providerNames()).toContain('nursing');
});

test('a profile of one’s own is a file beside the configuration, or stands in it', async () => {
  const world = createWorld();
  const text = builtinText('webadmit').replace('name: webadmit', 'name: acme');
  world.write('home/work/acme.yaml', text);
  world.project(
    `providers:\n  acme: { profile: ./acme.yaml, apiKey: some-key }\n  inline:\n    apiKey: other-key\n    profile:\n${text.replace(/^/gm, '      ')}`,
  );
  const configuration = await world.load();
  expect(configuration.problems).toEqual([]);
  expect(configuration.account('acme').profile).toEqual(configuration.account('inline').profile);
});

test('an unknown provider is a mistake of usage that names the nearest and all others', async () => {
  const world = createWorld();
  world.project('providers: { nursing: { use: webadmit } }');
  const configuration = await world.load();
  const thrown = caught(() => configuration.account('webadmitt'));
  expect(thrown).toBeInstanceOf(UsageError);
  expect(thrown.message).toBe('unknown provider "webadmitt"; did you mean "webadmit"?');
  expect((thrown as UsageError).hint).toBe(
    'known providers: mytracker-raw, mytracker-segment, nursing, personium, rebilly, webadmit',
  );
});

test.each([
  [
    'webadmit',
    'webadmit needs apiKey: set EXPORTPOLL_WEBADMIT_API_KEY, or providers.webadmit.apiKey in the configuration',
  ],
  [
    'rebilly',
    'rebilly needs organization: set EXPORTPOLL_REBILLY_ORGANIZATION, or providers.rebilly.organization in the configuration\n' +
      'rebilly needs apiKey, or jwt: set EXPORTPOLL_REBILLY_API_KEY, or EXPORTPOLL_REBILLY_JWT, or providers.rebilly.apiKey, or providers.rebilly.jwt in the configuration',
  ],
])('without credentials, %s says how to set them', async (name, message) => {
  const account = (await createWorld().load()).account(name);
  const thrown = caught(() => requireCredentials(account));
  expect(thrown).toBeInstanceOf(ConfigError);
  expect(thrown.message).toBe(message);
});

test('every alternative is named, also what only a URL needs', async () => {
  const account = (await createWorld({ EXPORTPOLL_PERSONIUM_USERNAME: 'me' }).load()).account('personium');
  const { message } = caught(() => requireCredentials(account));
  expect(message).toContain('personium needs baseUrl: set EXPORTPOLL_PERSONIUM_BASE_URL');
  expect(message).toContain('personium needs token, or username and password, or cookie and cookiePeer: set');
});

test('the first alternative whose variables are all set is used', async () => {
  const world = createWorld();
  world.project(
    'providers: { personium: { baseUrl: "https://cell.example", username: me, password: pass-word, cookie: c-value } }',
  );
  expect(requireCredentials((await world.load()).account('personium')).scheme).toBe('oauth-password');
});

test('a variable of the environment that is missing stops only who uses the account', async () => {
  const world = createWorld();
  world.project('providers:\n  personium: { baseUrl: "${CELL}" }\n  webadmit: { apiKey: "${KEY}" }');
  const configuration = await world.load();
  expect(configuration.problems).toEqual([]);
  expect(() => configuration.account('personium')).toThrow(
    `:2: providers.personium.baseUrl needs CELL, which is not set in the environment`,
  );
  const { secrets } = configuration.account('webadmit');
  await expect(secrets['apiKey']?.read(signal)).rejects.toThrow('providers.webadmit.apiKey needs KEY');
});

test.each([
  ['https://cell.example/', 'https://cell.example'],
  ['https://cell.example/unit/cell//', 'https://cell.example/unit/cell'],
  ['http://localhost:8080/', 'http://localhost:8080'],
  ['http://127.8.9.1/', 'http://127.8.9.1'],
  ['http://[::1]:80/', 'http://[::1]'],
])('the API root %s is %s', async (baseUrl, expected) => {
  const account = (await createWorld({ EXPORTPOLL_PERSONIUM_BASE_URL: baseUrl }).load()).account('personium');
  expect(account.variables['baseUrl']).toBe(expected);
});

test.each([
  ['cell.example', 'EXPORTPOLL_PERSONIUM_BASE_URL must be a URL that begins with https://'],
  ['file:///etc/', 'must be a URL that begins with https://'],
  ['https://me:pass@cell.example/', 'must not have a user or password in it'],
  ['https://cell.example/?a=b', 'must not have a query'],
  ['http://cell.example/', 'would send its credentials unencrypted to http://cell.example'],
  ['http://127.0.0.1.cell.example/', 'would send its credentials unencrypted'],
  ['http://localhost.cell.example/', 'would send its credentials unencrypted'],
])('the API root %s is refused', async (baseUrl, message) => {
  const { problems } = await createWorld({ EXPORTPOLL_PERSONIUM_BASE_URL: baseUrl }).load();
  expect(problems.map((problem) => problem.message).join()).toContain(message);
});

test('a variable has to match the pattern of its profile', async () => {
  const world = createWorld();
  const text = builtinText('webadmit').replace(
    "default: 'https://api",
    "pattern: 'https://[a-z]+\\.webadmit\\.org', default: 'https://api",
  );
  world.write('home/work/p.yaml', text);
  world.project('providers: { a: { profile: p.yaml, baseUrl: "https://evil.example" } }');
  expect((await world.load()).problems[0]?.message).toContain(
    'providers.a.baseUrl does not have the form that the profile asks for',
  );
});

test('the sources show where every value comes from, and no secret', async () => {
  const world = createWorld({ EXPORTPOLL_WEBADMIT_API_KEY: 'key-from-env', ORG: 'acme' });
  const project = world.project(
    'providers: { rebilly: { organization: "${ORG}", apiKey: literal-key }, personium: { token: { file: ~/token } } }',
  );
  const { sources } = await world.load();
  const shown = sources.filter(({ key }) => key.startsWith('providers.'));
  expect(shown).toEqual([
    { key: 'providers.personium.token', value: '*** (file ~/token)', from: project },
    { key: 'providers.rebilly.baseUrl', value: 'https://api.rebilly.com', from: 'profile rebilly' },
    { key: 'providers.rebilly.organization', value: 'acme', from: project },
    { key: 'providers.rebilly.apiKey', value: '***', from: project },
    {
      key: 'providers.rebilly.path',
      value: '/experimental/organizations/acme/data-exports',
      from: 'profile rebilly',
    },
    { key: 'providers.webadmit.baseUrl', value: 'https://api.webadmit.org', from: 'profile webadmit' },
    { key: 'providers.webadmit.apiKey', value: '***', from: 'env EXPORTPOLL_WEBADMIT_API_KEY' },
  ]);
  expect(readFileSync(project, 'utf8')).toContain('literal-key');
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
