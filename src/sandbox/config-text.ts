import { stringify } from 'yaml';
import type { Sandbox } from './sandbox.ts';
import type { BuiltinProviderName } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/table.ts';

/** A ready `.exportpollrc` (YAML) for a running sandbox; comments list the ids and what `watch` makes of each. */
export function renderSandboxConfig({ accounts }: Sandbox): string {
  const providers = Object.entries(accounts).map(([name, { variables, credentials }]) => {
    const configured = indent(stringify({ [name]: variables }), '  ');
    // The other credentials that would do as well, for whoever wants to try them.
    const others = Object.entries(credentials).filter(([variable]) => !(variable in variables));
    const comments = others.map(([variable, value]) => `    # ${variable}: ${value}\n`).join('');
    return `${configured}${comments}${idsOf(name as BuiltinProviderName)}`;
  });
  return `# Stand-ins of the five services on this machine. The credentials open nothing else.\nproviders:\n${providers.join('\n')}`;
}

function idsOf(provider: BuiltinProviderName): string {
  const own = scenarios.filter((scenario) => scenario.provider === provider);
  const width = Math.max(...own.map(({ id }) => id.length));
  return own
    .map(
      ({ id, title, exitCode }) =>
        `    # ${id.padEnd(width)}  exit ${String(exitCode).padEnd(2)}  ${title}\n`,
    )
    .join('');
}

function indent(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
