import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** The code blocks of a document that are marked as `language`, in their order. */
export async function blocksOf(path: string, language: string): Promise<string[]> {
  const text = await readFile(fileURLToPath(new URL(path, ROOT)), 'utf8');
  return [...text.matchAll(/^```(\S+)\n(.*?)^```$/gms)].flatMap(([, marked, block = '']) =>
    marked === language ? [block] : [],
  );
}

/** A line of a crontab: cron runs the command with the variables above it, in the home directory. */
export interface CronJob {
  readonly schedule: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Reads a crontab as crontab(5) has it. */
export function readCrontab(text: string): CronJob[] {
  const env: Record<string, string> = {};
  const jobs: CronJob[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined) jobs.push({ ...readJob(line), env: { ...env } });
    else env[name] = value;
  }
  return jobs;
}

function readJob(line: string): Omit<CronJob, 'env'> {
  const [, schedule, command] = /^((?:[\d*,/-]+ ){5})(.+)$/.exec(line) ?? [];
  if (schedule === undefined || command === undefined) throw new Error(`not a crontab line: ${line}`);
  if (/(?<!\\)%/.test(command)) throw new Error(`cron would end the command at its "%": ${line}`);
  return { schedule: schedule.trim(), command };
}

/** The settings of a unit of systemd, by name; what is said more than once is a list. */
export function readUnit(text: string): Record<string, string[]> {
  const settings: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) (settings[name] ??= []).push(value);
  }
  return settings;
}
