import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { githubOutput, githubSummary, gitlabDotenv, type CiReport } from '../../src/ui/ci-output.ts';

const DELIMITER = 'exportpoll_3f0c';

function report(changes: Partial<CiReport> = {}): CiReport {
  return {
    exitCode: 0,
    files: 2,
    bytes: 19_200,
    paths: ['/data/a.csv', '/data/b c.csv'],
    states: new Map([['webadmit:86446/74780', 'ready']]),
    targets: [...(changes.states?.keys() ?? ['webadmit:86446/74780'])],
    ...changes,
  };
}

/** Reads an output file as the runner does: FileCommandManager of github.com/actions/runner. */
function readGithub(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc < 0) throw new Error(`invalid format '${line}'`);
    const end = lines.indexOf(line.slice(heredoc + 2), at + 1);
    if (end < 0) throw new Error('matching delimiter not found');
    values[line.slice(0, heredoc)] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return values;
}

/** Reads a dotenv report as GitLab does: Ci::ParseDotenvArtifactService, and then the runner's expansion. */
function readGitlab(text: string): Record<string, string> {
  const lines = text.split('\n').slice(0, -1);
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(.*?)=(.*)$/.exec(line) ?? [];
      if (!/^\w+$/.test(name)) throw new Error(`invalid format: ${line}`);
      return [name, value.trim().replace(/\$\{?\w+\}?|%\w+%/g, 'EXPANDED')];
    }),
  );
}

test('GitHub gets lists as lines, and the state of one export as a word', () => {
  expect(readGithub(githubOutput(report(), DELIMITER).text)).toEqual({
    exit_code: '0',
    files: '2',
    bytes: '19200',
    states: 'ready',
    targets: 'webadmit:86446/74780',
    paths: '/data/a.csv\n/data/b c.csv',
  });
  const states = new Map([
    ['rebilly:1', 'ready'],
    ['rebilly:2', 'failed'],
  ]);
  expect(readGithub(githubOutput(report({ states }), DELIMITER).text)).toMatchObject({
    states: 'rebilly:1\tready\nrebilly:2\tfailed',
    targets: 'rebilly:1\nrebilly:2',
  });
});

test('GitLab gets lists as JSON', () => {
  const values = readGitlab(gitlabDotenv(report()).text);
  expect(values).toMatchObject({
    EXPORTPOLL_EXPORT_EXIT_CODE: '0',
    EXPORTPOLL_EXPORT_FILES: '2',
    EXPORTPOLL_EXPORT_BYTES: '19200',
  });
  expect(JSON.parse(values['EXPORTPOLL_EXPORT_STATES'] ?? '')).toEqual({ 'webadmit:86446/74780': 'ready' });
  expect(JSON.parse(values['EXPORTPOLL_EXPORT_TARGETS'] ?? '')).toEqual(['webadmit:86446/74780']);
  expect(JSON.parse(values['EXPORTPOLL_EXPORT_PATHS'] ?? '')).toEqual(['/data/a.csv', '/data/b c.csv']);
});

const HOSTILE = [
  '/data/x\nfiles=999',
  '/data/x\nadmin<<EOF\ntrue\nEOF',
  '/data/x\r\nfiles=1',
  `/data/x\n${DELIMITER.slice(0, -1)}\nadmin=true`,
  '/data/$CI_JOB_TOKEN.csv',
  '/data/${CI_JOB_TOKEN}.csv',
  '/data/%CI_JOB_TOKEN%.csv',
  '/data/"; rm -rf ~ #.csv',
  '/data/ü\u2028\u202e.csv',
  ' /data/x ',
];

test('no name adds an output, or becomes another one', () => {
  const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 5 }), hostile, (paths, id) => {
      const states = new Map([
        [`a:${id}`, 'ready'],
        ['b:1', 'gone'],
      ]);
      const github = readGithub(githubOutput(report({ paths, states }), DELIMITER).text);
      expect(Object.keys(github)).toEqual(['exit_code', 'files', 'bytes', 'states', 'targets', 'paths']);
      const targets = (github['targets'] ?? '').split('\n');
      expect(targets).toEqual(/[\r\n]/.test(id) ? ['b:1'] : [`a:${id}`, 'b:1']);
      expect(github).toMatchObject({ exit_code: '0', files: '2', bytes: '19200', paths: paths.join('\n') });

      const gitlab = readGitlab(gitlabDotenv(report({ paths, states })).text);
      expect(Object.keys(gitlab)).toHaveLength(6);
      expect(gitlab['EXPORTPOLL_EXPORT_FILES']).toBe('2');
      expect(JSON.parse(gitlab['EXPORTPOLL_EXPORT_PATHS'] ?? '')).toEqual(paths);
      expect(JSON.parse(gitlab['EXPORTPOLL_EXPORT_TARGETS'] ?? '')).toEqual([...states.keys()]);
      expect(JSON.parse(gitlab['EXPORTPOLL_EXPORT_STATES'] ?? '')).toEqual(Object.fromEntries(states));
    }),
  );
});

test('what the CI system would not take is left out as a whole, and said', () => {
  const paths = Array.from({ length: 20_000 }, (_, index) => `/data/with/a/path/of/some/length/${index}.csv`);
  const github = githubOutput(report({ paths }), DELIMITER);
  expect(github.leftOut).toEqual(['paths']);
  expect(Object.keys(readGithub(github.text))).toEqual(['exit_code', 'files', 'bytes', 'states', 'targets']);
  const gitlab = gitlabDotenv(report({ paths }));
  expect(gitlab.leftOut).toEqual(['paths']);
  expect(Buffer.byteLength(gitlab.text)).toBeLessThan(5120);
});

test('the summary shows every name as it is, and nothing else of it', () => {
  const paths = [
    '/data/a.csv',
    '<img src=x onerror=alert(1)>',
    '[x](https://evil.example)',
    '@everyone `|` **b**',
  ];
  const markdown = githubSummary(report({ paths, states: new Map([['a:|x|', 'ready']]) }));
  expect(markdown).toContain('**exportpoll**: 2 files, 19.2 kB, exit code 0\n');
  const lists = markdown.slice(markdown.indexOf('\n| <code>'));
  const names = [...lists.matchAll(/<code>(.*?)<\/code>/g)].map(([, text = '']) =>
    text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
  );
  expect(names).toEqual(['a:|x|', 'ready', ...paths]);
  expect(lists.replace(/<\/?code>|&#\d+;/g, '')).toMatch(/^[\p{L}\p{N}\s|-]*$/u);
});

test('a summary of very many files ends', () => {
  const paths = Array.from({ length: 1000 }, (_, index) => `/data/${index}.csv`);
  const states = new Map(paths.map((path) => [path, 'ready']));
  const markdown = githubSummary(report({ paths, states }));
  expect(markdown.match(/and 900 more/g)).toHaveLength(2);
});
