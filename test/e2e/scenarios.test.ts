import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { parse, stringify } from 'yaml';
import { ExitCode } from '../../src/errors.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
import { renderSandboxConfig } from '../../src/sandbox/config-text.ts';
import { scenarios, type Scenario } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, it, readManifest } from '../helpers/e2e.ts';
import { eventsOf, ofType, type Cli } from '../helpers/run-cli.ts';

describe.concurrent('watch, for every documented id of the sandbox', () => {
  const rows = scenarios.map(
    (scenario) => [`${scenario.provider}:${scenario.id} ${scenario.title}`, scenario] as const,
  );

  it.for(rows)('%s', async ([, scenario], { expect, cli, run, sandbox }) => {
    const { provider, id, exitCode, outcome, files } = scenario;
    const flags = await flagsFor(scenario, cli);
    const target = `${provider}:${id}`;
    const result = await run(['watch', '--json', '--interval', '100ms', ...flags, target]);

    expect(result).toMatchObject({ exitCode });
    const events = eventsOf(result);
    const summaries = ofType(events, 'summary');
    expect(summaries).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ v: 1, type: 'summary', exitCode, files: files.length });
    const states = ofType(events, 'export.status');
    expect(summaries[0]?.polls).toBe(states.length);
    // A look that ends in a web page is no status.
    const isSettled = exitCode !== ExitCode.running && scenario.oddity !== 'html';
    if (isSettled) expect(states.at(-1)?.state).toBe(outcome);

    const delivered = exitCode === ExitCode.ok;
    const manifest = `${provider}-${id.replaceAll('/', '-')}.manifest.json`;
    const own = (await cli.files()).filter((name) => name !== 'config.yaml');
    expect(own).toEqual(delivered ? [...files, manifest].sort() : []);
    if (!delivered) {
      const told = ofType(events, 'file.failed').map(({ message }) => message);
      expect([result.stderr, ...told].join('')).toMatch(/.{20,}/);
      return;
    }
    const committed = (await readManifest(cli.directory, provider, id)).files;
    for (const name of files) {
      const bytes = await readFile(join(cli.directory, name));
      expect(bytes.equals(await expectedBytes(sandbox, provider, id, name))).toBe(true);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(committed).toContainEqual(expect.objectContaining({ name, bytes: bytes.length, sha256 }));
      const path = join(cli.directory, name);
      expect(ofType(events, 'file.saved')).toContainEqual(
        expect.objectContaining({ provider, id, file: name, path, bytes: bytes.length, sha256 }),
      );
    }
    expect(committed).toHaveLength(files.length);
    // Links are secrets.
    expect(JSON.stringify(committed)).not.toMatch(/Signature|https?:/);
  });
});

describe.concurrent('watch, for the documented ids of one sandbox, each after the others', () => {
  const providers = [...new Set(scenarios.map(({ provider }) => provider))];
  // A cell works on one export at a time, so those of Personium could be in each other's way.
  const ways = [...providers.map((provider) => [provider, 'down'] as const), ['personium', 'up'] as const];
  const TIMEOUT_MS = 120_000;

  it.for(ways)(
    'ends with the code that the list of %s names, %s the list',
    { timeout: TIMEOUT_MS },
    async ([provider, way], { expect, cli, run, sandbox }) => {
      const list = printedIds(renderSandboxConfig(sandbox), provider);
      const expected = way === 'down' ? list : list.toReversed();
      const known = new Map(scenarios.map((scenario) => [`${scenario.provider}:${scenario.id}`, scenario]));
      const ended: Printed[] = [];
      for (const { id } of expected) {
        const target = `${provider}:${id}`;
        const scenario = known.get(target);
        const flags = scenario === undefined ? [] : await flagsFor(scenario, cli);
        const { exitCode } = await run(['watch', '-q', ...flags, target]);
        ended.push({ id, exitCode });
      }
      expect(ended).toHaveLength(scenarios.filter((one) => one.provider === provider).length);
      expect(ended).toEqual(expected);
    },
  );

  it.for(['CellExport_stuck', 'CellExport_odd'])(
    'leaves the cell to an export that is started after personium:%s',
    { timeout: TIMEOUT_MS },
    async (id, { expect, cli, run, sandbox }) => {
      await run(['watch', '-q', '--timeout', '1s', `personium:${id}`]);
      const started = await run(['start', 'personium', '--watch', '-q']);
      expect(started).toMatchObject({ exitCode: 0, stderr: '' });
      expect(started.stdout).toBe(`${join(cli.directory, sandbox.started[0]?.files[0] ?? '')}\n`);
    },
  );
});

/** A line of the list that the sandbox prints. */
interface Printed {
  readonly id: string;
  readonly exitCode: number | undefined;
}

/** The ids of `provider` in the list that the sandbox prints, in its order. */
function printedIds(text: string, provider: string): Printed[] {
  const [, section = ''] = text.split(`\n  ${provider}:\n`);
  const [own = ''] = section.split(/^ {2}\S/m);
  const lines = own.matchAll(/^ {4}# (?<id>\S+) +exit (?<code>\d+) /gm);
  return [...lines].map(({ groups }) => ({ id: groups?.['id'] ?? '', exitCode: Number(groups?.['code']) }));
}

/** What makes the scenario quick to watch. */
async function flagsFor({ provider, outcome, exitCode, oddity }: Scenario, cli: Cli): Promise<string[]> {
  if (exitCode === ExitCode.running) return ['--timeout', '1s'];
  // A page might pass.
  if (oddity === 'html') return ['--retries', '0'];
  if (provider !== 'personium' || outcome !== 'gone') return [];
  // A cell is given a minute until its worker has written the first status.
  const profile = parse(builtinText('personium')) as { poll: Record<string, string> };
  profile.poll['grace'] = '1s';
  return ['--config', await cli.write('config.yaml', stringify({ providers: { personium: { profile } } }))];
}
