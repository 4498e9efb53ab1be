import { formatBytes, formatCount, formatDuration } from '../format.ts';
import type { Event } from '../events.ts';
import { wordBeside } from '../profiles/words.ts';

type StatusEvent = Extract<Event, { type: 'export.status' }>;

/** What an event means to a person. Not yet masked or made safe: whoever shows it does that. */
export interface Sentence {
  readonly severity: 'info' | 'done' | 'warning' | 'error';
  readonly text: string;
}

/**
 * The sentence of an event that stands for itself. Undefined for those that only count together with others: a wait
 * that goes on, bytes that arrive, links.
 */
export function sentenceOf(event: Event): Sentence | undefined {
  switch (event.type) {
    case 'export.status':
      return statusSentence(event);
    case 'link.renewed':
      return { severity: 'info', text: `the link of ${event.file} is renewed (${event.reason})` };
    case 'file.started':
      return { severity: 'info', text: startSentence(event) };
    case 'file.saved':
      return { severity: 'done', text: savedSentence(event) };
    case 'file.failed':
      return { severity: 'error', text: `${event.file}: ${event.message}` };
    case 'warning':
      return { severity: 'warning', text: event.message };
    case 'summary':
      return event.files === 0
        ? undefined
        : { severity: event.exitCode === 0 ? 'done' : 'info', text: summarySentence(event) };
    case 'export.started':
      return beginSentence(event);
    case 'link.issued':
    case 'file.progress':
      return undefined;
  }
}

/** How a line names what it is about: `webadmit 86446/74780`; empty for what concerns the whole run. */
export function subjectOf(event: Event): string {
  if (event.type === 'summary') return '';
  return [event.provider, event.id].filter((part) => part !== undefined).join(' ');
}

function statusSentence(event: StatusEvent): Sentence | undefined {
  const word = event.providerStatus === '' ? '' : ` (${event.providerStatus})`;
  const why = event.message === undefined || event.message === '' ? '' : `: ${event.message}`;
  switch (event.state) {
    case 'unknown':
      // So does a word that nobody knows, when there is no more waiting for another one.
      return undefined;
    case 'queued':
    case 'running':
      // A wait that goes on is progress; the end of looking is worth a sentence.
      return event.nextPollMs === undefined ? { severity: 'info', text: stillSentence(event) } : undefined;
    case 'ready':
      return { severity: 'info', text: `ready${word}${why}` };
    case 'ready-with-errors':
      return { severity: 'warning', text: `ready, but the provider reports errors in it${word}${why}` };
    case 'empty':
      return { severity: 'warning', text: `the export holds no data${word}${why}` };
    case 'failed':
    case 'cancelled':
    case 'gone':
      // The run ends with an error that says it, and what to do about it.
      return undefined;
  }
}

function stillSentence({ state, providerStatus, percent, message }: StatusEvent): string {
  const shown = wordBeside(state, providerStatus);
  const word = shown === '' ? [] : [shown];
  // 100 % is for files on disk.
  const share = percent === undefined ? [] : [`${Math.min(99, Math.floor(percent))} %`];
  const details = [...word, ...share].join(', ');
  return `still ${state}${details === '' ? '' : ` (${details})`}${message === undefined ? '' : `: ${message}`}`;
}

function beginSentence({ since, already }: Extract<Event, { type: 'export.started' }>): Sentence | undefined {
  if (since === undefined) return undefined;
  return { severity: 'info', text: already === true ? `was started ${since}` : `started ${since}` };
}

function startSentence({ file, bytes, resumedFrom }: Extract<Event, { type: 'file.started' }>): string {
  if (resumedFrom > 0) {
    return `resuming ${file} at ${formatBytes(resumedFrom)}${bytes === undefined ? '' : ` of ${formatBytes(bytes)}`}`;
  }
  return `downloading ${file}${bytes === undefined ? '' : ` (${formatBytes(bytes)})`}`;
}

function savedSentence({ file, bytes, already }: Extract<Event, { type: 'file.saved' }>): string {
  return already === true ? `${file} is here already, verified` : `saved ${file} (${formatBytes(bytes)})`;
}

function summarySentence({
  files,
  already = 0,
  bytes,
  polls,
  renewals,
  elapsedMs,
}: Extract<Event, { type: 'summary' }>): string {
  const work = [formatCount(polls, 'poll'), ...(renewals > 0 ? [formatCount(renewals, 'renewed link')] : [])];
  const were = `${formatCount(already, 'file')} ${already === 1 ? 'was' : 'were'} here already`;
  if (already === files) return `${were}, ${formatBytes(bytes)}`;
  const both = already === 0 ? '' : ` (${were})`;
  return `${formatCount(files - already, 'file')} saved${both}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)} (${work.join(', ')})`;
}
