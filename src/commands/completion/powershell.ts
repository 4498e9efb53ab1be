import { placesOf, type CommandShape, type Words } from './shape.ts';

/** A script for PowerShell, Windows PowerShell 5.1 and newer. */
export function powershellScript(commands: readonly CommandShape[]): string {
  const places = placesOf(commands).flatMap(({ after, words }) =>
    after.map((place) => `    ${quote(place)} { ${action(words)} }`),
  );
  const flags = commands.map(
    ({ name, flags }) => `      ${quote(name)} { ${list(flags.map(({ long }) => long))} }`,
  );
  const args = commands.flatMap(({ name, argument }) =>
    argument === undefined ? [] : [`      ${quote(name)} { ${action(argument)} }`],
  );
  return `# PowerShell completion for exportpoll; in $PROFILE: exportpoll complete powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName exportpoll -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $before = @($commandAst.CommandElements |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { $_.ToString() })
  $program = $before[0]
  $command = if ($before.Count -gt 1) { $before[1] } else { '' }
  $found = switch -CaseSensitive ("$command $($before[-1])") {
${places.join('\n')}
    default {
      if ($before.Count -le 1) {
        ${list(commands.map(({ name }) => name))}
      } elseif ($wordToComplete.StartsWith('-')) {
        switch -CaseSensitive ($command) {
${flags.map((line) => `    ${line}`).join('\n')}
        }
      } else {
        switch -CaseSensitive ($command) {
${args.map((line) => `    ${line}`).join('\n')}
        }
      }
    }
  }
  @($found) | Where-Object { $_ -and $_.StartsWith($wordToComplete) } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`;
}

function action(words: Words): string {
  switch (words) {
    // PowerShell completes paths where nothing else is found.
    case 'anything':
    case 'files':
    case 'directories':
      return '@()';
    case 'targets':
    case 'orders':
    case 'providers':
      return `& $program complete --list ${words} 2>$null`;
    default:
      return list(words.choices);
  }
}

function list(words: readonly string[]): string {
  return `@(${words.map(quote).join(', ')})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
