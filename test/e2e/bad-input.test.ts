import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { it } from '../helpers/e2e.ts';
import { eventsOf } from '../helpers/run-cli.ts';

describe.concurrent('an export that does not exist', () => {
  it.for([
    ['mytracker-raw:404', 'Raw export request not found'],
    ['mytracker-segment:404', 'Segment export request not found'],
    ['webadmit:86446/74404', 'Not Found'],
    ['personium:CellExport_404', 'File not found.'],
    ['rebilly:exp_404', 'Resource not found.'],
  ] as const)('ends %s with 11, in the words of the provider', async ([target, words], { expect, run }) => {
    const { exitCode, stdout, stderr } = await run(['download', target]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 11, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/check the id|start/);
  });
});

describe.concurrent('an export of a cell that is ready for the next one', () => {
  it.for([
    ['CellExport_failed', 10, 'the provider says that the export failed: Too many concurrent requests.'],
    ['CellExport_404', 8, 'still queued: File not found.'],
  ] as const)('is not called ready itself: %s', async ([id, exitCode, told], { expect, run }) => {
    const result = await run([
      'watch',
      `personium:${id}`,
      '--timeout',
      id === 'CellExport_404' ? '1s' : '1m',
    ]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(told);
    expect(result.stderr).not.toContain('ready');
  });
});

describe.concurrent('a malformed id', () => {
  it.for([
    ['webadmit:86446', "the export's id and the export file's id", 'webadmit:86446/74780'],
    ['webadmit:86446/../74780', "the export's id and the export file's id", 'webadmit:86446/74780'],
    ['mytracker-raw:4?x=1', 'idRawExport', 'mytracker-raw:4'],
    ['mytracker-segment:one', 'idSegmentExport', 'mytracker-segment:1'],
    ['personium:Cell Export', 'Name', 'personium:CellExport_2017_01'],
    ['rebilly:a/b', 'the id of the data export', 'rebilly:4f6cf35x'],
  ] as const)(
    'such as %s ends with 2, an explanation and an example, without a request',
    async ([target, description, example], { expect, run, sandbox }) => {
      const result = await run(['watch', target]);
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toContain(`"${target.slice(target.indexOf(':') + 1)}"`);
      expect(result.stderr).toContain(description);
      expect(result.stderr).toContain(example);
      expect(sandbox.requests).toEqual([]);
    },
  );
});

describe.concurrent('a command line that makes no sense', () => {
  it.for(['watch', 'download', 'status'])(
    'without a TARGET has an example of %s',
    async (name, { expect, cli }) => {
      const { exitCode, stderr } = await cli.run([name]);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringContaining(`for example: exportpoll ${name} webadmit:`),
      ]);
    },
  );

  it('with an unknown shell names the known ones', async ({ expect, cli }) => {
    expect(await cli.run(['complete', 'tcsh'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: 'exportpoll: there is no completion for "tcsh"\n  there are bash, zsh, fish, powershell\n',
    });
  });

  it.for([
    [
      ['watch', '--keep-compresed', 'webadmit:1/2'],
      ['--keep-compresed', '--keep-compressed'],
    ],
    [['wach'], ['wach', 'watch']],
    [
      ['watch', 'webadmitt:86446/74780'],
      ['webadmitt', 'did you mean "webadmit"'],
    ],
    [
      ['watch', '-p', 'personum', 'x'],
      ['personum', 'did you mean "personium"'],
    ],
    [
      ['watch', '86446/74780'],
      ['86446/74780', '--provider'],
    ],
    [
      ['watch', '--interval', '5', 'webadmit:1/2'],
      ['--interval', '5', '500ms'],
    ],
    [
      ['watch', '--max-bytes', 'lots', 'webadmit:1/2'],
      ['--max-bytes', 'lots'],
    ],
    [
      ['watch', '--if-exists', 'panic', 'webadmit:1/2'],
      ['--if-exists', 'panic', 'overwrite'],
    ],
    [
      ['watch', '--concurrency', '0', 'webadmit:1/2'],
      ['--concurrency', '0'],
    ],
    [
      ['watch', '--name', '{nmae}', 'webadmit:1/2'],
      ['--name', '{nmae}', '{name}'],
    ],
    [
      ['watch', '--json', '-o', '-', 'webadmit:1/2'],
      ['--json', '--output -'],
    ],
    [['watch', '-o'], ['--output']],
    [['watch', '--api-key', 'x', 'webadmit:1/2'], ['--api-key']],
  ] as const)(
    '%j ends with 2 and says what is wrong',
    async ([args, fragments], { expect, run, sandbox }) => {
      const { exitCode, stderr } = await run(args);
      expect(exitCode).toBe(2);
      for (const fragment of fragments) expect(stderr).toContain(fragment);
      expect(sandbox.requests).toEqual([]);
    },
  );

  it.for([
    ['--json', ['--json'], {}, ''],
    ['the environment', [], { EXPORTPOLL_JSON: 'true' }, ''],
    ['a file', [], {}, 'json: true\n'],
  ] as const)(
    'ends with a summary all the same when JSON is asked for by %s',
    async ([, flags, env, file], { expect, run, cli }) => {
      if (file !== '') await cli.write('.exportpollrc', file);
      const result = await run(['watch', ...flags, 'webadmit:86446'], { env });
      expect(result).toMatchObject({ exitCode: 2 });
      expect(eventsOf(result)).toMatchObject([{ type: 'summary', exitCode: 2, files: 0 }]);
    },
  );

  it('ends with a summary for the environment also where a file cannot be read', async ({
    expect,
    run,
    cli,
  }) => {
    await cli.write('.exportpollrc', 'output: [');
    const result = await run(['watch', 'webadmit:1/2'], { env: { EXPORTPOLL_JSON: 'true' } });
    expect(result).toMatchObject({ exitCode: 78 });
    expect(eventsOf(result)).toMatchObject([{ type: 'summary', exitCode: 78 }]);
  });
});

describe.concurrent('an answer that no profile expects', () => {
  it.for(['mytracker-raw:32', 'webadmit:86446/74788', 'rebilly:exp_html'])(
    'such as a web page (%s) ends with 76 and shows what came',
    async (target, { expect, run, sandbox }) => {
      const { exitCode, stderr } = await run(['watch', target, '--retries', '1']);
      expect(exitCode).toBe(76);
      expect(stderr).toContain('trying again');
      expect(stderr).toContain(`GET ${sandbox.apiUrl}/`);
      expect(stderr).toContain('not JSON: <!');
      expect(stderr).toContain('baseUrl');
    },
  );

  it.for(['mytracker-raw:31', 'webadmit:86446/74787', 'rebilly:exp_odd'])(
    'such as a new status word (%s) ends with 76 after a few polls',
    async (target, { expect, run, sandbox }) => {
      const { exitCode, stderr } = await run(['watch', target]);
      expect(exitCode).toBe(76);
      expect(stderr).toMatch(/"archived"/i);
      expect(stderr).toContain('exportpoll providers');
      expect(sandbox.requests.length).toBeGreaterThan(2);
      expect(sandbox.requests.length).toBeLessThan(10);
    },
  );
});

describe.concurrent('an output directory that cannot be written to', () => {
  it.for(['file', 'file/deeper'])('(%s) is told where it is a file', async (output, { expect, run, cli }) => {
    const path = await cli.write('file', 'a regular file');
    const { exitCode, stderr } = await run(['watch', 'webadmit:86446/74780', '-o', output]);
    expect([exitCode, stderr]).toEqual([73, expect.stringContaining(`${path} is not a directory\n`)]);
  });

  const rows = ['file/deeper', 'dangling-link', '/proc/exportpoll'];
  it.for(rows)('(%s) ends with 73 and no request', async (output, { expect, run, cli, sandbox }) => {
    await cli.write('file', 'a regular file');
    await symlink('unmounted/disk', join(cli.directory, 'dangling-link'));
    const { exitCode, stderr } = await run(['watch', 'webadmit:86446/74780', '-o', output]);
    expect(exitCode).toBe(73);
    expect(stderr).toContain(output === 'file/deeper' ? 'file' : output);
    expect(stderr).toContain('--output');
    expect(sandbox.requests).toEqual([]);
  });
});
