import { formatBytes, formatCount } from '../format.ts';
import { safeText } from './text.ts';

/** What a run tells the steps that come after it in a CI system. */
export interface CiReport {
  readonly exitCode: number;
  /** Files delivered, and their bytes on disk. */
  readonly files: number;
  readonly bytes: number;
  /** Absolute. */
  readonly paths: readonly string[];
  /** By `provider:id`. */
  readonly states: ReadonlyMap<string, string>;
  /** What `watch` can go on with, as `provider:id`. */
  readonly targets: readonly string[];
}

/**
 * GitHub takes a megabyte of outputs from a job, counted in UTF-16
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs).
 */
const MOST_GITHUB_UNITS = 500_000;
/** A dotenv report has to be smaller than 5 kB (https://docs.gitlab.com/ci/yaml/artifacts_reports/). */
const MOST_GITLAB_BYTES = 5000;
/** A summary may have a megabyte, and nobody reads that much. */
const MOST_LISTED = 100;

/** A text for a CI system, and what had to be left out of it. */
export interface CiText {
  readonly text: string;
  readonly leftOut: readonly string[];
}

/**
 * What is appended to the file that `GITHUB_OUTPUT` names. Paths and ids are text of others: each value stands
 * between lines of a `delimiter` that nobody can guess, so that no value can end itself and begin another output.
 */
export function githubOutput(report: CiReport, delimiter: string): CiText {
  const { exitCode, files, bytes, paths, states, targets } = report;
  const [only] = states.size === 1 ? [...states.values()] : [];
  const lines = [...states].map(([subject, state]) => `${subject}\t${state}`);
  return withinLimit(
    [
      { name: 'exit_code', value: String(exitCode) },
      { name: 'files', value: String(files) },
      { name: 'bytes', value: String(bytes) },
      { name: 'states', value: only ?? lines.join('\n') },
      // An id is text of others, too, and must not add a line, which a later step would take for an argument.
      { name: 'targets', value: targets.filter((target) => !/[\r\n]/.test(target)).join('\n') },
      { name: 'paths', value: paths.join('\n') },
    ],
    ({ name, value }) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`,
    MOST_GITHUB_UNITS,
  );
}

/** What is appended to the file that `GITHUB_STEP_SUMMARY` names: Markdown, in which no name is more than a text. */
export function githubSummary({ exitCode, files, bytes, paths, states }: CiReport): string {
  const total = `${formatCount(files, 'file')}, ${formatBytes(bytes)}`;
  const exports = [...states].map(([subject, state]) => `| ${literal(subject)} | ${literal(state)} |`);
  const listed = paths.slice(0, MOST_LISTED).map((path) => `- ${literal(path)}`);
  const more = paths.length > MOST_LISTED ? [`- and ${paths.length - MOST_LISTED} more`] : [];
  const first = exports.slice(0, MOST_LISTED);
  const others = exports.length > MOST_LISTED ? [`| and ${exports.length - MOST_LISTED} more | |`] : [];
  return [
    `**exportpoll**: ${total}, exit code ${exitCode}`,
    '',
    ...(first.length === 0 ? [] : ['| export | state |', '| --- | --- |', ...first, ...others, '']),
    ...listed,
    ...more,
    '',
    '',
  ].join('\n');
}

/**
 * A GitLab dotenv report: `NAME=value` lines without quotes, spaces and line breaks. Lists are JSON, in which every
 * character is escaped that could end a line, or that the runner would replace by another variable's value (`$`, `%`).
 * The names begin like those of `--exec`, which exportpoll itself does not take for misspelt settings of a later job.
 */
export function gitlabDotenv({ exitCode, files, bytes, paths, states, targets }: CiReport): CiText {
  return withinLimit(
    [
      { name: 'EXIT_CODE', value: String(exitCode) },
      { name: 'FILES', value: String(files) },
      { name: 'BYTES', value: String(bytes) },
      { name: 'STATES', value: asciiJson(Object.fromEntries(states)) },
      { name: 'TARGETS', value: asciiJson(targets) },
      { name: 'PATHS', value: asciiJson(paths) },
    ],
    ({ name, value }) => `EXPORTPOLL_EXPORT_${name}=${value}\n`,
    MOST_GITLAB_BYTES,
  );
}

interface Value {
  readonly name: string;
  readonly value: string;
}

/** One after the other; those for which there is no room are left out as a whole. */
function withinLimit(values: readonly Value[], render: (value: Value) => string, most: number): CiText {
  let text = '';
  const leftOut: string[] = [];
  for (const value of values) {
    const next = render(value);
    if (text.length + next.length > most) leftOut.push(value.name.toLowerCase());
    else text += next;
  }
  return { text, leftOut };
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^!-~]|[$%]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text as Markdown that shows it and nothing else: no link, no mention, no markup, no end of a table's row. */
function literal(text: string): string {
  const encoded = safeText(text, 300).replace(/[^\p{L}\p{N} ]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${encoded}</code>`;
}
