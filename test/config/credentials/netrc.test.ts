import { expect, test } from 'vitest';

import { parseNetrc } from '../../../src/config/credentials/netrc.ts';
import { requireCredentials } from '../../../src/config/credentials/credentials.ts';
import { builtinText } from '../../../src/profiles/builtin.ts';
import { createWorld, type World } from '../world.ts';

const { signal } = new AbortController();
const HOST = 'api.webadmit.org';

test.each([
  ['machine a login b password c', [['a', 'b', 'c']]],
  [
    'machine a\n  login b\n\tpassword c\n\nmachine d password e',
    [
      ['a', 'b', 'c'],
      ['d', undefined, 'e'],
    ],
  ],
  ['machine a password "b \\"c\\" d"', [['a', undefined, 'b "c" d']]],
  ['machine a password #b', [['a', undefined, '#b']]],
  ['# machine x password y\nmachine a password b', [['a', undefined, 'b']]],
  ['default login x password y\nmachine a password b', [['a', undefined, 'b']]],
  ['machine a password b\ndefault password y', [['a', undefined, 'b']]],
  ['machine a\nmacdef init\nmachine x password y\n\nmachine b password c', [['a'], ['b', undefined, 'c']]],
  ['machine a account x password b', [['a', undefined, 'b']]],
  ['machine a password', [['a']]],
  ['machine password password login', [['password', undefined, 'login']]],
  ['machine a login default password macdef', [['a', 'default', 'macdef']]],
  ['password x login y', []],
  ['', []],
])('%j has the entries %j', (text, expected) => {
  const entries = parseNetrc(text).map(({ machine, login, password }) => [machine, login, password]);
  expect(entries).toEqual(expected.map(([machine, login, password]) => [machine, login, password]));
});

/** The credential that an account of webadmit has, or why there is none. */
async function keyOf(world: World): Promise<string | undefined> {
  const { secrets } = (await world.load()).account('webadmit');
  return (await secrets['apiKey']?.read(signal))?.reveal();
}

test('the password for the API’s host is the key where there is no other', async () => {
  const world = createWorld();
  world.write('home/.netrc', `machine other.example password wrong-key\nmachine ${HOST} password netrc-key`);
  expect(await keyOf(world)).toBe('netrc-key');
  world.user('providers: { webadmit: { apiKey: users-key } }');
  expect(await keyOf(world)).toBe('users-key');
});

test.each([
  ['of a host that ends like it', `machine x${HOST} password netrc-key`],
  ['of the host above it', 'machine webadmit.org password netrc-key'],
  ['for any host', 'default login x password netrc-key'],
  ['that is empty', `machine ${HOST} password ""`],
])('a password %s is none', async (_, text) => {
  const world = createWorld();
  world.write('home/.netrc', text);
  expect(await keyOf(world)).toBeUndefined();
});

test('NETRC names another file', async () => {
  const world = createWorld({ NETRC: '~/logins' });
  world.write('home/.netrc', `machine ${HOST} password wrong-key`);
  world.write('home/logins', `machine ${HOST.toUpperCase()} password netrc-key`);
  expect(await keyOf(world)).toBe('netrc-key');
});

test('login and password are of one entry, and of the user who is configured', async () => {
  const text =
    'machine cell.example login you password yours\nmachine cell.example login me password mine-is-it';
  const account = async (project: string) => {
    const world = createWorld({ EXPORTPOLL_PERSONIUM_BASE_URL: 'https://cell.example/' });
    world.write('home/.netrc', text);
    world.project(project);
    return (await world.load()).account('personium');
  };
  const mine = await account('providers: { personium: { username: me } }');
  expect((await mine.secrets['password']?.read(signal))?.reveal()).toBe('mine-is-it');
  const first = await account('provider: personium');
  expect(first.variables['username']).toBe('you');
  expect(requireCredentials(first).scheme).toBe('oauth-password');
  const nobody = await account('providers: { personium: { username: somebody-else } }');
  expect(nobody.secrets['password']).toBeUndefined();
  const cookies = await account('providers: { personium: { cookie: some-cookie, cookiePeer: some-peer } }');
  expect(requireCredentials(cookies).scheme).toBe('cookie');
});

test('it is looked at also where a profile could do without credentials', async () => {
  const world = createWorld();
  world.write('home/.netrc', `machine ${HOST} password netrc-key`);
  const auth = '- { scheme: header, header: x-api-key, value: apiKey }';
  world.write('home/work/own.yaml', builtinText('webadmit').replace(auth, `${auth}\n  - { scheme: none }`));
  const account = (
    await world.load({}, world.write('home/c.yaml', 'providers: { own: { profile: work/own.yaml } }'))
  ).account('own');
  expect((await account.secrets['apiKey']?.read(signal))?.reveal()).toBe('netrc-key');
});

test('a file that others may read is refused by who needs it, and by nobody else', async () => {
  const world = createWorld();
  const path = world.write('home/.netrc', `machine ${HOST} password netrc-key`, 0o640);
  const configuration = await world.load();
  expect(configuration.problems).toEqual([]);
  expect(() => configuration.account('webadmit')).toThrow(`others may read it: chmod 600 ${path}`);
  expect(configuration.account('rebilly').name).toBe('rebilly');
  expect(configuration.profile('webadmit').name).toBe('webadmit');
});

test('it is shown where the value comes from, and no secret', async () => {
  const world = createWorld();
  const path = world.write('home/.netrc', `machine ${HOST} password netrc-key`);
  world.project('provider: webadmit');
  const configuration = await world.load();
  expect(configuration.sources).toContainEqual({
    key: 'providers.webadmit.apiKey',
    value: '***',
    from: `netrc ${path} (machine ${HOST})`,
  });
  expect(await configuration.inspect()).toEqual({ problems: [], missing: [] });
  expect(world.context.redactor.mask('it is netrc-key')).toBe('it is ***');
});

test('a found file cannot have it sent to a host of its own choice, though that is in .netrc', async () => {
  const world = createWorld();
  world.write('home/.netrc', 'machine git.example password netrc-key');
  world.project('providers: { webadmit: { baseUrl: "https://git.example" } }');
  const [problem] = (await world.load()).problems;
  expect(problem?.message).toMatch(
    /would send apiKey \(.*\.netrc \(machine git\.example\)\) to https:\/\/git/,
  );
});

test('baseUrl cannot come from it', async () => {
  const world = createWorld();
  world.project(
    'providers: { a: { profile: { variables: { baseUrl: { description: x, netrc: login } } } } }',
  );
  expect((await world.load()).problems[0]?.message).toContain('cannot take baseUrl from .netrc');
});
