import { describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { createReporter, type ReporterOptions } from '../../src/ui/reporter.ts';
import {
  createWorld,
  ended,
  failed,
  progress,
  saved,
  started,
  status,
  summary,
  type FakeWorld,
} from './world.ts';

const RUN: readonly Event[] = [
  status(),
  ended('ready', 'Available'),
  { type: 'link.issued', provider: 'webadmit', id: '86446/74780', files: 2 },
  started('a.csv', 10),
  progress('a.csv', 10, 10),
  saved('a.csv', 10),
  failed('b.csv', 'cut'),
  { type: 'warning', message: 'w' },
  summary(),
];

function run(
  world: FakeWorld,
  options: Partial<ReporterOptions> = {},
  events: readonly Event[] = RUN,
): FakeWorld {
  const defaults = {
    json: false,
    progress: 'auto',
    quiet: false,
    color: 'auto',
    results: 'paths',
    many: false,
  } as const;
  const reporter = createReporter(world, { ...defaults, ...options });
  for (const event of events) reporter.report(event);
  reporter.close();
  return world;
}

describe('stdout', () => {
  it('gets the path of each saved file and nothing else', () => {
    expect(run(createWorld()).stdout.text).toBe('/data/a.csv\n');
  });

  it('gets the state of an export, with its name when there are many', () => {
    expect(run(createWorld(), { results: 'states' }, [ended('ready', 'Available')]).stdout.text).toBe(
      'ready\n',
    );
    expect(run(createWorld(), { results: 'states', many: true }, [ended('gone', '')]).stdout.text).toBe(
      'webadmit:86446/74780\tgone\n',
    );
  });

  it('gets nothing when the command writes its results itself', () => {
    expect(run(createWorld(), { results: 'none' }).stdout.text).toBe('');
  });

  it('gets paths to the byte in a pipe, and safe ones on a terminal and in CI', () => {
    const events = [saved('x', 1, '/data/\u202E##vso[x]')];
    expect(run(createWorld(), {}, events).stdout.text).toBe('/data/\u202E##vso[x]\n');
    expect(run(createWorld({ stdoutTTY: true }), {}, events).stdout.text).toBe('/data/##vso[x]\n');
    expect(run(createWorld({ env: { CI: 'true' } }), {}, events).stdout.text).toBe('/data/\u202E# #vso[x]\n');
  });

  it('gets every event in order with --json, the summary last, and no path', () => {
    const { stdout } = run(createWorld(), { json: true });
    const types = stdout.lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(RUN.map((event) => event.type));
  });
});

describe('stderr', () => {
  it('gets plain lines with --json too, unless quiet', () => {
    expect(run(createWorld(), { json: true }).stderr.text).toContain('saved a.csv');
    expect(run(createWorld(), { json: true, quiet: true }).stderr.lines).toHaveLength(1);
  });

  it.each([
    ['a pipe', createWorld(), { progress: 'auto' }],
    ['a dumb terminal', createWorld({ stderrTTY: true, env: { TERM: 'dumb' } }), { progress: 'auto' }],
    [
      'a CI system with a terminal',
      createWorld({ stderrTTY: true, env: { CI: 'true' } }),
      { progress: 'auto' },
    ],
    ['a terminal with --progress plain', createWorld({ stderrTTY: true }), { progress: 'plain' }],
    ['a terminal with --progress none', createWorld({ stderrTTY: true }), { progress: 'none' }],
    ['a terminal when quiet', createWorld({ stderrTTY: true }), { progress: 'bar', quiet: true }],
  ] as const)('is not drawn on: %s', async (_title, world, options) => {
    const defaults = { json: false, quiet: false, color: 'always', results: 'none', many: false } as const;
    const reporter = createReporter(world, { ...defaults, ...options });
    reporter.report(status());
    reporter.report(started('a.csv', 10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    reporter.report(failed('a.csv', 'cut'));
    reporter.close();
    expect(world.stderr.text).toContain('a.csv: cut\n');
    expect(world.stderr.text).not.toContain('\u001B');
  });

  it('is drawn on without a terminal with --progress bar', async () => {
    const world = createWorld();
    const defaults = { json: false, quiet: false, color: 'auto', results: 'none', many: false } as const;
    const reporter = createReporter(world, { ...defaults, progress: 'bar' });
    reporter.report(status({ percent: 50 }));
    await expect.poll(() => world.stderr.text).toContain('50 %');
    reporter.close();
  });

  it('gets no command to the CI system it runs in', () => {
    const events: Event[] = [
      { type: 'warning', message: 'x' },
      failed('##vso[task.complete]', '##[error]section_start:1:x'),
    ];
    const text = run(createWorld({ env: { TF_BUILD: 'True' } }), {}, [
      { type: 'warning', provider: '::warning', message: 'x' },
      ...events,
    ]).stderr.text;
    expect(text).not.toMatch(/^\s*::|##|section_start:/m);
  });
});

it('masks secrets in every renderer', () => {
  const events = [
    status({ message: 's3cr3t-key', providerStatus: 's3cr3t-key' }),
    ended('failed', 's3cr3t-key', 'https://h.example/x?token=abc'),
    failed('s3cr3t-key.csv', 'GET https://h.example/x?token=abc'),
    { type: 'warning', message: encodeURIComponent('s3cr3t-key') } as const,
  ];
  for (const options of [
    { json: true },
    { progress: 'plain' },
    { progress: 'bar' },
    { quiet: true },
  ] as const) {
    const world = createWorld();
    world.redactor.add('s3cr3t-key');
    run(world, options, events);
    expect(world.stderr.text).toContain('***');
    expect(world.stdout.text + world.stderr.text).not.toMatch(/s3cr3t-key|abc/);
  }
});

it('does not mind that its readers have gone, or that it is closed', async () => {
  for (const json of [true, false]) {
    const world = createWorld();
    const reporter = createReporter(world, {
      json,
      progress: 'plain',
      quiet: false,
      color: 'auto',
      results: 'paths',
      many: false,
    });
    const errors: unknown[] = [];
    for (const { stream } of [world.stdout, world.stderr])
      stream.on('error', (error) => errors.push(error)).end();
    for (const event of RUN) reporter.report(event);
    reporter.close();
    for (const event of RUN) reporter.report(event);
    reporter.close();
    await new Promise(setImmediate);
    expect(errors).toEqual([]);
    expect(world.stdout.text + world.stderr.text).toBe('');
  }
});
