import { Argument, Command, CommanderError, Option } from 'commander';

import { flags, type CommandName } from './config/flags.ts';
import type { Context } from './context.ts';
import { ExitCode } from './errors.ts';
import type { Invocation } from './run/session.ts';
import { version } from './version.ts';

/** Parses the command line and runs the command that it names. Rejects with what the command rejects with. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = createProgram(args, context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
}

function createProgram(args: readonly string[], context: Context, done: (code: ExitCode) => void): Command {
  // Flags are many, and a call looks at those of one command; help tells who has any, and completion knows all.
  const needsAll =
    args.length === 0 || args.some((word) => ['-h', '--help', 'help', 'complete'].includes(word));
  const add = (name: CommandName, description: string): Command => {
    const command = program
      .command(name)
      .description(description)
      .showHelpAfterError(`exportpoll ${name} --help shows its flags`);
    if (needsAll || args.includes(name)) addFlags(command, name);
    return command;
  };
  const program = new Command('exportpoll')
    .description('Wait for an export API, then land its files on disk: complete, verified, once.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.stream.write(text),
      writeErr: (text) => context.stderr.stream.write(text.replace(/^error: /, 'exportpoll: ')),
    })
    .showHelpAfterError('flags follow the command; exportpoll --help shows the commands')
    .addHelpText('after', footer);

  const targets = [
    '[target...]',
    'ID with --provider, PROVIDER:ID, or the name of a configured export',
  ] as const;
  add('watch', 'wait until each export is ready, then download its files')
    .argument(...targets)
    .addHelpText('after', values)
    .action(async (names: string[], _options, command: Command) => {
      const { watch } = await import('./commands/watch.ts');
      done(await watch(context, invocation(names, command)));
    });
  add('download', 'look once and download what is ready, do not wait')
    .argument(...targets)
    .addHelpText('after', values)
    .action(async (names: string[], _options, command: Command) => {
      const { download } = await import('./commands/watch.ts');
      done(await download(context, invocation(names, command)));
    });
  add('status', 'look once and print the state')
    .argument(...targets)
    .action(async (names: string[], _options, command: Command) => {
      const { status } = await import('./commands/status.ts');
      done(await status(context, invocation(names, command)));
    });
  add('start', 'ask the provider for a new export, print its target')
    .argument('[name]', 'a configured export with "start", or a provider (default: the only such export)')
    .option('--param <K=V>', 'a parameter of the new export; once for each', collect)
    .option('--data <FILE>', 'parameters as a JSON object')
    .option('--watch', 'go on to watch')
    .option('--again', 'start another one, although the last is not finished, here, or maybe started')
    .option('--id <ID>', 'the export that an earlier start, whose answer was lost, has made: go on with it')
    .addHelpText('after', dates)
    .action(async (name: string | undefined, options: StartOptions, command: Command) => {
      const { start } = await import('./commands/start.ts');
      const { param = [], data, provider, watch = false, again = false, id } = options;
      const names = name === undefined ? [] : [name];
      done(await start(context, invocation(names, command), { param, data, provider, watch, again, id }));
    });
  add('cancel', 'ask the provider to cancel, where it can')
    .argument('<target...>', targets[1])
    .action(async (names: string[], _options, command: Command) => {
      const { cancel } = await import('./commands/cancel.ts');
      done(await cancel(context, invocation(names, command)));
    });
  add('list', 'exports that this machine has started or half downloaded, and their state')
    .argument('[target...]', 'these and no others: as they are listed, by TARGET or NAME')
    .option(
      '--prune',
      'forget what is finished, or was not looked at for 30 days; or else the named, whatever their state',
    )
    .action(async (names: string[], options: { prune?: boolean }, command: Command) => {
      const { list } = await import('./commands/list.ts');
      done(await list(context, invocation(names, command), { prune: options.prune === true }));
    });
  add('verify', 're-check files against their manifest')
    .argument('[dir...]', 'directories that exports were saved in (default: --output)')
    .action(async (directories: string[], _options, command: Command) => {
      const { verify } = await import('./commands/verify.ts');
      done(await verify(context, invocation(directories, command)));
    });
  const providers = add('providers', 'list the profiles, or print one')
    .argument('[name]', 'the profile to print')
    .action(async (name: string | undefined, _options, command: Command) => {
      const { providers } = await import('./commands/providers.ts');
      done(await providers(context, invocation(name === undefined ? [] : [name], command)));
    });
  addProfileTools(providers, context, done);
  add('config', 'print the effective configuration, where each value comes from, and what is wrong')
    .option('--check <PROVIDER>', 'also ask the provider, harmlessly, whether the credential is accepted')
    .action(async ({ check }: { check?: string }, command: Command) => {
      const { config } = await import('./commands/config.ts');
      done(await config(context, invocation([], command), check));
    });
  program
    .command('sandbox')
    .description('serve local stand-ins of all five APIs until interrupted')
    .showHelpAfterError('exportpoll sandbox --help shows its flags')
    .option('--port <PORT>', 'port of the APIs (default: a free one)')
    .option('--rows <N>', 'rows in each file (default: 2000)')
    .option('--link-lifetime <DUR>', 'how long links live (default: 30s)')
    .option('--duration <DUR>', 'how long an export takes (default: 4s)')
    .action(async (options: Record<string, string>) => {
      const { sandbox } = await import('./commands/sandbox.ts');
      done(await sandbox(context, options));
    });
  program
    .command('complete')
    .description('print a completion script')
    .showHelpAfterError('exportpoll complete --help explains it')
    .addArgument(
      new Argument('[shell]', 'the shell')
        .choices(['bash', 'zsh', 'fish', 'powershell'])
        // The command itself says what it does not know.
        .argParser((shell) => shell),
    )
    .addOption(new Option('--list <WHAT>').choices(['targets', 'orders', 'providers']).hideHelp())
    .action(async (shell: string | undefined, { list }: { list?: string }) => {
      const { complete } = await import('./commands/complete.ts');
      done(await complete(context, program, { shell, list }));
    });
  return program;
}

/** What helps to write a profile. */
function addProfileTools(providers: Command, context: Context, done: (code: ExitCode) => void): void {
  providers
    .command('check')
    .description('check a profile, and show what it reads from recorded answers')
    .argument('<file>', 'the profile')
    .option(
      '--sample <[NAME=]FILE>',
      'an answer to the status request, or to the follow-up NAME (again and again)',
      collect,
    )
    .option('--json', 'print JSON')
    .action(async (file: string, _options, command: Command) => {
      const { checkProfileFile } = await import('./commands/check-profile.ts');
      // `providers` has the flag as well, and commander gives it to the first that knows it.
      const { sample = [], json } = command.optsWithGlobals<{ sample?: string[]; json?: boolean }>();
      done(await checkProfileFile(context, file, { samples: sample, json: json === true }));
    });
  providers
    .command('new')
    .description('print a profile with comments to start from')
    .argument('<name>', 'its name')
    .action(async (name: string) => {
      const { newProfile } = await import('./commands/new-profile.ts');
      done(newProfile(context, name));
    });
}

interface StartOptions {
  readonly param?: readonly string[];
  readonly data?: string;
  readonly provider?: string;
  readonly watch?: boolean;
  readonly again?: boolean;
  readonly id?: string;
}

/** For an option that may be given more than once. It has no default: help would show an empty list as one. */
function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Gives a command the flags that the table has for it. */
function addFlags(command: Command, name: CommandName): void {
  for (const flag of flags) {
    if (!flag.commands.includes(name)) continue;
    const description = flag.descriptions?.[name] ?? flag.description;
    const names = [flag.short, flag.long].filter((part) => part !== undefined).join(', ');
    const option = new Option(
      flag.argument === undefined ? names : `${names} <${flag.argument}>`,
      flag.defaultText === undefined || flag.argument === undefined
        ? description
        : `${description} (default: ${flag.defaultText})`,
    );
    // A switch has none on the command line, whatever its twin in the environment takes.
    const choices = flag.argument === undefined ? undefined : flag.choices;
    if (choices !== undefined) option.choices([...choices]);
    command.addOption(option.hideHelp(flag.idleIn?.includes(name) ?? false));
  }
  command.option('-c, --config <FILE>', 'this configuration file, and trust it');
}

function invocation(targets: readonly string[], command: Command): Invocation {
  const { config, ...rest } = command.opts<Record<string, unknown>>();
  return { targets, flags: rest, configFile: typeof config === 'string' ? config : undefined };
}

const values = `
DUR is a number with its unit, as 500ms, 90s or 1h30m; SIZE as 500MB or 2GiB.
Each flag has a twin in the environment, EXPORTPOLL_<FLAG>:
EXPORTPOLL_MAX_INTERVAL=1m is --max-interval 1m.

Examples:
  exportpoll watch webadmit:86446/74780 --output data
  exportpoll watch --provider rebilly exp_1 exp_2 --timeout 2h --json
  exportpoll download applicants -o - | head

Where the reader of -o - goes before all is written, as head does, the exit
code is 74 (3 after a whole file), and no error is shown.`;

const dates = `
In parameters, {today}, {yesterday}, {tomorrow}, {today-7d}, {today:unix} and
{today@Europe/Berlin} stand for dates; {{today}} is sent as {today}. \`exportpoll
providers NAME\` shows what a provider takes. What is finished and on disk is
not started again if its parameters have a date; without one, each start is a
new export.

Examples:
  exportpoll start payments --watch
  exportpoll start webadmit --param userIdentity=123 --param exportId=86446
  exportpoll start mytracker-raw --param event=installs \\
    --param selectors=idDevice,tsEvent --param dateFrom={yesterday} --watch`;

const footer = `
Flags follow the command; exportpoll COMMAND --help shows them.

Exit codes:
    0  all files are on disk, verified
    1  a bug: please report it
    2  the command line is wrong, the provider refused, or an export may have
       been started: look first (exportpoll list)
    3  some files were delivered, some not: run the same command again
    8  the provider is still working: run the same command again
    9  there is nothing to export (--error-on-empty)
   10  the export failed or was cancelled: a new export is needed
   11  the export or its files are gone: a new export is needed
   65  the bytes are not the file (cut, checksum, size): run again, once
   70  the command of --exec failed: run again, the files are complete
   73  a file may not be created (it exists, the directory is not writable,
       --max-bytes): change the call
   74  disk full, or an input/output error: run again once that is mended;
       or the reader of -o - went before all was written (no error is shown)
   75  network, 5xx, 429, another run at work: run the same command again
   76  the answer is not what the profile describes: mend the profile
   77  the API refused the credentials
   78  the configuration is wrong, incomplete or not trusted
  130  interrupted by SIGINT (143: SIGTERM): run the same command again`;
