import { checkCredential } from '../api/check.ts';
import { loadConfiguration, type Configuration } from '../config/configuration.ts';
import { topToBottom } from '../config/file/order.ts';
import type { Context } from '../context.ts';
import { ExitCode, ExportpollError, UsageError } from '../errors.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Invocation } from '../run/session.ts';
import { withSandbox } from '../run/with-sandbox.ts';
import { withWorld } from '../run/world.ts';
import { createCleaner, maskedText } from '../ui/clean.ts';
import { describeError } from '../ui/describe-error.ts';

/**
 * `exportpoll config`: the effective configuration, each value with its source, secrets masked; then, in full, what is
 * wrong with it (exit 78), also what would show only in a run that uses it. With `--check`, if nothing is wrong, one
 * harmless request shows whether that provider accepts the credential (exit 0, 77, or whatever went wrong).
 */
export async function config(context: Context, invocation: Invocation, provider?: string): Promise<ExitCode> {
  const configuration = await loadConfiguration(context, invocation);
  if (provider === undefined) return await show(context, configuration);
  if (!configuration.settings.sandbox) return await show(context, configuration, provider);
  return await withSandbox(
    context,
    async (world) => await show(world, await loadConfiguration(world, invocation), provider),
  );
}

async function show(context: Context, configuration: Configuration, provider?: string): Promise<ExitCode> {
  const check = provider === undefined ? undefined : { provider, request: checkOf(configuration, provider) };
  const { settings, sources, warnings, files, isFound, searched } = configuration;
  const { problems: unusable, missing } = await configuration.inspect();
  const problems = topToBottom([...configuration.problems, ...unusable], files);
  const values = [...sources, ...missing];
  const checked =
    check === undefined || problems.length > 0
      ? undefined
      : await checkProvider(context, configuration, check.provider, check.request);
  const { stdout, stderr, redactor } = context;
  if (settings.json) {
    const report = {
      values,
      files: files.map(({ path }) => path),
      searched,
      problems: problems.map(textOf),
      warnings,
      ...(checked === undefined ? {} : { check: resultOf(checked) }),
    };
    stdout.stream.write(`${redactor.mask(JSON.stringify(report, null, 2))}\n`);
  } else {
    stdout.stream.write(table(context, [...values, ...(checked === undefined ? [] : [rowOf(checked)])]));
    if (!isFound) stderr.stream.write(`exportpoll: no configuration file; looked for ${searched}\n`);
  }
  const errors = [...problems, ...(checked?.error === undefined ? [] : [checked.error])];
  for (const warning of warnings)
    stderr.stream.write(`exportpoll: warning: ${maskedText(warning, redactor)}\n`);
  for (const error of errors) stderr.stream.write(`${describeError(error, redactor).join('\n')}\n`);
  return errors[0]?.exitCode ?? ExitCode.ok;
}

type Check = NonNullable<Profile['check']>;

function checkOf(configuration: Configuration, provider: string): Check {
  const { check } = configuration.profile(provider);
  if (check !== undefined) return check;
  throw new UsageError(`the profile of ${provider} names no harmless request that would check a credential`, {
    hint: 'one of your own can, under "check"; `exportpoll status` with an id shows as well whether it is accepted',
  });
}

/** What came of `--check`: the request where the credential was accepted, else the error. */
interface Checked {
  readonly provider: string;
  readonly request?: string;
  readonly error?: ExportpollError;
}

async function checkProvider(
  context: Context,
  configuration: Configuration,
  provider: string,
  check: Check,
): Promise<Checked> {
  const turn = { urgency: 'urgent', signal: context.signal, patienceMs: 0 } as const;
  try {
    const account = configuration.account(provider);
    const request = await withWorld(
      context,
      configuration.settings,
      () => undefined,
      async ({ service }) => await checkCredential(account, check, service({ account }).client, turn),
    );
    return { provider, request };
  } catch (error) {
    if (error instanceof ExportpollError) return { provider, error };
    throw error;
  }
}

function resultOf({ provider, request, error }: Checked): object {
  if (error === undefined) return { provider, accepted: true, request };
  return { provider, accepted: false, exitCode: error.exitCode, ...textOf(error) };
}

function rowOf({ provider, request, error }: Checked): Row {
  if (request !== undefined) return { key: `check ${provider}`, value: 'accepted', from: request };
  const value = error?.exitCode === ExitCode.denied ? 'refused' : 'failed';
  return { key: `check ${provider}`, value, from: `exit code ${error?.exitCode}` };
}

function textOf({ message, hint }: { message: string; hint: string | undefined }): {
  message: string;
  hint?: string;
} {
  return { message, ...(hint === undefined ? {} : { hint }) };
}

interface Row {
  readonly key: string;
  readonly value: string;
  readonly from: string;
}

/** What somebody's repository says is as little to be trusted on a terminal as what a server does. */
function table(context: Context, rows: readonly Row[]): string {
  const clean = createCleaner(context);
  const width = Math.max(...rows.map(({ key }) => key.length));
  return rows
    .map(({ key, value, from }) => `${clean(`${key.padEnd(width)}  ${value}  (${from})`)}\n`)
    .join('');
}
