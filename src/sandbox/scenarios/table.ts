import { ExitCode } from '../../errors.ts';
import type { State } from '../../events.ts';
import { rawScripts, segmentScripts } from './mytracker.ts';
import { personiumScripts } from './personium.ts';
import { rebillyScripts } from './rebilly.ts';
import type { BuiltinProviderName, Delivery, Scenario, Script } from './scenario.ts';
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
  ...played('mytracker-raw', rawScripts),
  ...played('mytracker-segment', segmentScripts),
  ...played('webadmit', webadmitScripts),
  ...played('personium', personiumScripts),
  ...played('rebilly', rebillyScripts),
];

/** The scenario that `provider` plays for `id`; none for an id that it is to know nothing of. */
export function findScenario(provider: BuiltinProviderName, id: string): Scenario | undefined {
  return scenarios.find(
    (scenario) => scenario.provider === provider && scenario.id === id && scenario.statuses.length > 0,
  );
}

/** The file behind `path`, which is on the store for `signed`, `redirect` and `plain` links, else on the API's origin. */
export function findDelivery(
  path: string,
  links: readonly Delivery['link'][],
): { scenario: Scenario; delivery: Delivery } | undefined {
  for (const scenario of scenarios) {
    const delivery = scenario.deliveries.find((one) => one.path === path && links.includes(one.link));
    if (delivery !== undefined) return { scenario, delivery };
  }
  return undefined;
}

function played(provider: BuiltinProviderName, scripts: readonly Script[]): Scenario[] {
  return scripts.map((script) => {
    const deliveries = script.deliveries ?? [];
    const exitCode = script.exitCode ?? exitCodes[script.outcome];
    // A file that never arrives is no file of the scenario.
    const files = exitCode === ExitCode.ok ? deliveries.map(({ name }) => name) : [];
    return { ...script, provider, exitCode, files, deliveries };
  });
}
