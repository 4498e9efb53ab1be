import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { parse, stringify } from 'yaml';
import { ExitCode } from '../../src/errors.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
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
