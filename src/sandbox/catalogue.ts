import type { BuiltinProviderName, Delivery, Scenario, Script } from './scenarios/scenario.ts';
import { played, scenarios } from './scenarios/table.ts';

/** Every export that the sandbox plays: the documented ids, and those that were started since it runs. */
export interface Catalogue {
  /** The scenario that `provider` plays for `id`; none for an id that it is to know nothing of. */
  find(provider: BuiltinProviderName, id: string): Scenario | undefined;
  /** The file behind `path`, which is on the store for `signed`, `redirect` and `plain` links, else on the API's origin. */
  findDelivery(
    path: string,
    links: readonly Delivery['link'][],
  ): { scenario: Scenario; delivery: Delivery } | undefined;
  /** From now on there is this export, too. */
  start(provider: BuiltinProviderName, script: Script): Scenario;
  /** From now on there is none of that id. */
  remove(scenario: Scenario): void;
  /** What was started, oldest first, also what was removed again. */
  readonly started: readonly Scenario[];
}

export function createCatalogue(): Catalogue {
  const known = scenarios.filter(({ statuses }) => statuses.length > 0);
  const started: Scenario[] = [];
  const find = (provider: BuiltinProviderName, id: string): Scenario | undefined =>
    known.find((scenario) => scenario.provider === provider && scenario.id === id);
  return {
    find,
    findDelivery(path, links) {
      for (const scenario of known) {
        const delivery = scenario.deliveries.find((one) => one.path === path && links.includes(one.link));
        if (delivery !== undefined) return { scenario, delivery };
      }
      return undefined;
    },
    start(provider, script) {
      const scenario = played(provider, script);
      known.push(scenario);
      started.push(scenario);
      return scenario;
    },
    remove(scenario) {
      known.splice(known.indexOf(scenario), 1);
    },
    started,
  };
}
