import { ExitCode } from '../../errors.ts';
import type { State } from '../../events.ts';
import { rawScripts, segmentScripts } from './mytracker.ts';
import { personiumScripts } from './personium.ts';
import { rebillyScripts } from './rebilly.ts';
import type { BuiltinProviderName, Scenario, Script } from './scenario.ts';
import { webadmitScripts } from './webadmit.ts';

/** What `exportpoll watch` exits with when an export ends so. */
const exitCodes: Readonly<Record<State, ExitCode>> = {
  queued: ExitCode.running,
  running: ExitCode.running,
  ready: ExitCode.ok,
  'ready-with-errors': ExitCode.ok,
  empty: ExitCode.ok,
  failed: ExitCode.failed,
  cancelled: ExitCode.failed,
  gone: ExitCode.gone,
  unknown: ExitCode.protocol,
};

/** Every documented id of the sandbox. An id that is not here is answered like the provider's "does not exist". */
export const scenarios: readonly Scenario[] = [
  ...all('mytracker-raw', rawScripts),
  ...all('mytracker-segment', segmentScripts),
  ...all('webadmit', webadmitScripts),
  ...all('personium', personiumScripts),
  ...all('rebilly', rebillyScripts),
];

/** A script as its provider plays it. */
export function played(provider: BuiltinProviderName, script: Script): Scenario {
  const deliveries = script.deliveries ?? [];
  const exitCode = script.exitCode ?? exitCodes[script.outcome];
  // A file that never arrives is no file of the scenario.
  const files = exitCode === ExitCode.ok ? deliveries.map(({ name }) => name) : [];
  return { ...script, provider, exitCode, files, deliveries };
}

function all(provider: BuiltinProviderName, scripts: readonly Script[]): Scenario[] {
  return scripts.map((script) => played(provider, script));
}
