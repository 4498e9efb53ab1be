import { stringify } from 'yaml';

import { loadConfiguration, requireSound } from '../config/configuration.ts';
import type { Context } from '../context.ts';
import { ExitCode } from '../errors.ts';
import { builtinNames } from '../profiles/builtin-names.ts';
import { builtinText } from '../profiles/builtin.ts';
import type { Invocation } from '../run/session.ts';
import { createCleaner } from '../ui/clean.ts';

/**
 * `exportpoll providers [NAME]`: lists the profiles that can be used here, or prints one, as YAML to start from or as
 * JSON.
 */
export async function providers(context: Context, invocation: Invocation): Promise<ExitCode> {
  const configuration = await loadConfiguration(context, invocation);
  // Who names a file wants it to be read; a look at a built-in profile needs none.
  if (invocation.configFile !== undefined) requireSound(configuration);
  const { json } = configuration.settings;
  const [name] = invocation.targets;
  if (name === undefined) {
    const rows = configuration.providerNames().map((known) => {
      const { title, id } = configuration.profile(known);
      return { name: known, title, id: id.description, example: `${known}:${id.example}` };
    });
    context.stdout.stream.write(json ? `${JSON.stringify(rows, null, 2)}\n` : table(context, rows));
    return ExitCode.ok;
  }
  const profile = configuration.profile(name);
  if (json) context.stdout.stream.write(`${JSON.stringify(profile, null, 2)}\n`);
  // The file of a built-in profile says more than its data: its comments.
  else context.stdout.stream.write(builtinNames.includes(name) ? builtinText(name) : stringify(profile));
  return ExitCode.ok;
}

/** A title may come with somebody's repository, and is cleaned like a server's text. */
function table(context: Context, rows: readonly { name: string; title: string; example: string }[]): string {
  const clean = createCleaner(context);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const titleWidth = Math.max(...rows.map(({ title }) => title.length));
  return rows
    .map(
      ({ name, title, example }) =>
        `${clean(`${name.padEnd(width)}  ${title.padEnd(titleWidth)}  ${example}`)}\n`,
    )
    .join('');
}
