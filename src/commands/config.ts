import { loadConfiguration } from '../config/configuration.ts';
import type { Context } from '../context.ts';
import { ExitCode } from '../errors.ts';
import type { Invocation } from '../run/session.ts';
import { describeError } from '../ui/describe-error.ts';

/**
 * `exportpoll config`: the effective configuration, each value with its source, secrets masked; then, in full, what is
 * wrong with it (exit 78), also what would show only in a run that uses it.
 */
export async function config(context: Context, invocation: Invocation): Promise<ExitCode> {
  const configuration = await loadConfiguration(context, invocation);
  const { settings, sources, warnings, files, searched } = configuration;
  const { problems: unusable, missing } = configuration.inspect();
  const problems = [...configuration.problems, ...unusable];
  const values = [...sources, ...missing];
  const { stdout, stderr, redactor } = context;
  if (settings.json) {
    const report = {
      values,
      files: files.map(({ path }) => path),
      searched,
      problems: problems.map(textOf),
      warnings,
    };
    stdout.stream.write(`${redactor.mask(JSON.stringify(report, null, 2))}\n`);
  } else {
    stdout.stream.write(redactor.mask(table(values)));
    if (files.length === 0)
      stderr.stream.write(`exportpoll: no configuration file; looked for ${searched}\n`);
  }
  for (const warning of warnings) stderr.stream.write(`exportpoll: warning: ${redactor.mask(warning)}\n`);
  for (const problem of problems) stderr.stream.write(`${describeError(problem, redactor).join('\n')}\n`);
  return problems.length === 0 ? ExitCode.ok : ExitCode.config;
}

function textOf({ message, hint }: { message: string; hint: string | undefined }): {
  message: string;
  hint?: string;
} {
  return { message, ...(hint === undefined ? {} : { hint }) };
}

function table(rows: readonly { key: string; value: string; from: string }[]): string {
  const width = Math.max(...rows.map(({ key }) => key.length));
  return rows.map(({ key, value, from }) => `${key.padEnd(width)}  ${value}  (${from})\n`).join('');
}
