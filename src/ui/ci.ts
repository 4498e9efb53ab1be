/** What CI systems set, and people set by hand, to say that the output is a build log. */
const MARKERS = ['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'];

/** True when the output is read by a CI system, which may act on what it reads. */
export function isCI(env: Readonly<Record<string, string | undefined>>): boolean {
  return MARKERS.some((name) => !['', '0', 'false'].includes((env[name] ?? '').toLowerCase()));
}

/**
 * Breaks everything in a line of text that a CI system would take for a command, by a space that a reader hardly sees:
 *
 * | system | command | where it is looked for |
 * | --- | --- | --- |
 * | GitHub Actions | `::set-env name=…::…` | at the start of a line, after white space |
 * | GitHub Actions | `##[group]` | anywhere |
 * | Azure Pipelines | `##vso[task.…]`, `##[error]` | anywhere |
 * | TeamCity | `##teamcity[…]` | anywhere |
 * | GitLab | `section_start:…`, `section_end:…` | anywhere |
 */
export function neutraliseCommands(line: string): string {
  return line
    .replace(/^(\s*:)(?=:)/gm, '$1 ')
    .replace(/#(?=#+(?:\[|vso\[|teamcity\[))/gi, '# ')
    .replace(/(section_(?:start|end))(?=:)/gi, '$1 ');
}
