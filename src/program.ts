import { Command, CommanderError, Option } from 'commander';

import { flags, type CommandName } from './config/flags.ts';
import type { Context } from './context.ts';
import { ExitCode } from './errors.ts';
import type { Invocation } from './run/session.ts';
import { version } from './version.ts';

/** Parses the command line and runs the command that it names. Rejects with what the command rejects with. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = createProgram(context, (code) => {
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

function createProgram(context: Context, done: (code: ExitCode) => void): Command {
  const program = new Command('exportpoll')
    .description('Wait for an export API, then land its files on disk: complete, verified, once.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.stream.write(text),
      writeErr: (text) => context.stderr.stream.write(text.replace(/^error: /, 'exportpoll: ')),
    })
    .showHelpAfterError('exportpoll --help shows what there is')
    .addHelpText('after', footer);

  const targets = [
    '[target...]',
    'ID with --provider, PROVIDER:ID, or the name of a configured export',
  ] as const;
  add(program, 'watch', 'wait until each export is ready, then download its files')
    .argument(...targets)
    .action(async (names: string[], _options, command: Command) => {
      const { watch } = await import('./commands/watch.ts');
      done(await watch(context, invocation(names, command)));
    });
  add(program, 'download', 'download what is ready now, do not wait')
    .argument(...targets)
    .action(async (names: string[], _options, command: Command) => {
      const { download } = await import('./commands/watch.ts');
      done(await download(context, invocation(names, command)));
    });
  add(program, 'status', 'look once and print the state')
    .argument(...targets)
    .action(async (names: string[], _options, command: Command) => {
      const { status } = await import('./commands/status.ts');
      done(await status(context, invocation(names, command)));
    });
  add(program, 'verify', 're-check files against their manifest')
    .argument('[dir...]', 'directories that exports were saved in (default: --output)')
    .action(async (directories: string[], _options, command: Command) => {
      const { verify } = await import('./commands/verify.ts');
      done(await verify(context, invocation(directories, command)));
    });
  add(program, 'providers', 'list the profiles, or print one')
    .argument('[name]')
    .action(async (name: string | undefined, _options, command: Command) => {
      const { providers } = await import('./commands/providers.ts');
      done(await providers(context, invocation(name === undefined ? [] : [name], command)));
    });
  add(
    program,
    'config',
    'show the effective configuration, where each value comes from, and what is wrong',
  ).action(async (_options, command: Command) => {
    const { config } = await import('./commands/config.ts');
    done(await config(context, invocation([], command)));
  });
  program
    .command('sandbox')
    .description('serve local stand-ins of all five APIs until interrupted')
    .option('--port <PORT>', 'port of the APIs (default: a free one)')
    .option('--rows <N>', 'rows in each file')
    .option('--link-lifetime <DUR>', 'how long links live (default: 30s)')
    .option('--duration <DUR>', 'how long an export takes')
    .action(async (options: Record<string, string>) => {
      const { sandbox } = await import('./commands/sandbox.ts');
      done(await sandbox(context, options));
    });
  return program;
}

/** A command with the flags that the table gives it. */
function add(program: Command, name: CommandName, description: string): Command {
  const command = program.command(name).description(description);
  for (const flag of flags) {
    if (!flag.commands.includes(name)) continue;
    const names = [flag.short, flag.long].filter((part) => part !== undefined).join(', ');
    const option = new Option(
      flag.argument === undefined ? names : `${names} <${flag.argument}>`,
      flag.defaultText === undefined || flag.argument === undefined
        ? flag.description
        : `${flag.description} (default: ${flag.defaultText})`,
    );
    command.addOption(flag.choices === undefined ? option : option.choices([...flag.choices]));
  }
  return command.option('-c, --config <FILE>', 'this configuration file, and trust it');
}

function invocation(targets: readonly string[], command: Command): Invocation {
  const { config, ...rest } = command.opts<Record<string, unknown>>();
  return { targets, flags: rest, configFile: typeof config === 'string' ? config : undefined };
}

const footer = `
Exit codes that say what to do next: 0 all files are on disk; 3, 8, 74, 75 run the same command again;
10, 11 a new export is needed; 2, 77, 78 fix the call, the credential, the configuration.`;
