import { randomUUID } from 'node:crypto';
import { lstatSync, type Stats } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Context } from '../context.ts';
import { diskError, onDisk } from '../download/disk-errors.ts';
import { writeAtomically } from '../download/durable.ts';
import { CannotCreateError, ExitCode, UsageError } from '../errors.ts';
import type { Event } from '../events.ts';
import type { CiOutput } from '../settings.ts';
import { githubOutput, githubSummary, gitlabDotenv, type CiReport } from '../ui/ci-output.ts';
import type { Outcome } from './outcome.ts';

/** Collects what a CI system is to be told of a run, and writes it where the system takes it from. */
export class CiOutputFile {
  readonly #where: CiOutput;
  readonly #context: Context;
  readonly #paths: string[] = [];
  /** By `provider:id`. */
  readonly #states = new Map<string, string>();

  constructor(where: CiOutput, context: Context) {
    this.#where = where;
    this.#context = context;
  }

  /** Throws UsageError where there is no such CI system, CannotCreateError for a file that is not to be replaced. */
  check(): void {
    if (this.#where.system === 'github') githubFile('GITHUB_OUTPUT', this.#context);
    else gitlabFile(this.#where.file, this.#context);
  }

  see(event: Event): void {
    if (event.type === 'file.saved') this.#paths.push(event.path);
    if (event.type === 'export.started') this.#states.set(`${event.provider}:${event.id}`, 'unknown');
    if (event.type === 'export.status') this.#states.set(`${event.provider}:${event.id}`, event.state);
  }

  /** Resolves with warnings. Rejects like `check`, or with what the disk says. */
  async write(outcomes: readonly Outcome[], exitCode: ExitCode): Promise<string[]> {
    // Those that were here already have not been looked at.
    for (const { subject, state } of outcomes) if (state !== undefined) this.#states.set(subject, state);
    const over = new Set(outcomes.filter(isOver).map(({ subject }) => subject));
    const report: CiReport = {
      exitCode,
      files: outcomes.reduce((sum, { files }) => sum + files, 0),
      bytes: outcomes.reduce((sum, { bytes }) => sum + bytes, 0),
      paths: this.#paths,
      states: this.#states,
      targets: [...this.#states.keys()].filter((subject) => !over.has(subject)),
    };
    const leftOut =
      this.#where.system === 'github'
        ? await this.#writeGithub(report)
        : await this.#writeGitlab(report, this.#where.file);
    return leftOut.map(
      (name) => `--ci-output: the ${name} are more than the CI system takes, and are left out`,
    );
  }

  async #writeGithub(report: CiReport): Promise<readonly string[]> {
    const { text, leftOut } = githubOutput(report, `exportpoll_${randomUUID()}`);
    const path = githubFile('GITHUB_OUTPUT', this.#context);
    await onDisk(path, async () => await appendFile(path, text));
    // Older servers of one's own have none.
    const summary = this.#context.env['GITHUB_STEP_SUMMARY'] ?? '';
    const markdown = this.#context.redactor.mask(githubSummary(report));
    if (summary !== '') await onDisk(summary, async () => await appendFile(summary, markdown));
    return leftOut;
  }

  async #writeGitlab(report: CiReport, file: string): Promise<readonly string[]> {
    const { text, leftOut } = gitlabDotenv(report);
    const path = gitlabFile(file, this.#context);
    await onDisk(path, async () => await writeAtomically(path, text, { mode: 0o644, durable: false }));
    return leftOut;
  }
}

/** Nothing comes of the export any more: another one is needed. */
function isOver({ failures }: Outcome): boolean {
  return failures.some(
    ({ error: { exitCode } }) => exitCode === ExitCode.failed || exitCode === ExitCode.gone,
  );
}

function githubFile(name: string, { env }: Context): string {
  const path = env[name];
  if (path !== undefined && path !== '') return path;
  throw new UsageError(`--ci-output github: ${name} is not set`, {
    hint: 'GitHub Actions sets it for every step; elsewhere --json tells the same',
  });
}

/**
 * Somebody's pipe, or a device, is no report to be replaced, and nobody reads it as one; a link may have come with the
 * repository and lead anywhere, or be /dev/stdout.
 */
function gitlabFile(file: string, { cwd }: Context): string {
  const path = resolve(cwd, file);
  const found = lookAt(path);
  if (found === undefined || found.isFile()) return path;
  const what = found.isSymbolicLink() ? 'is a symbolic link' : 'is not a regular file';
  throw new CannotCreateError(`--ci-output gitlab:${file}: ${path} ${what}`, {
    hint: 'name a file, or one that is not there yet',
  });
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw diskError(error, path);
  }
}
