import { allocationScenarios } from './allocation-scenarios.ts';
import { delayedScenarios } from './delayed-scenarios.ts';
import { eventScenarios } from './event-scenarios.ts';
import { fleetScenarios } from './fleet-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { scoreScenarios } from './score-scenarios.ts';
import { unitScenarios } from './unit-scenarios.ts';

/** Every claim that is simulated: by the tests, and with more runs for docs/validity.md. */
export const scenarios: readonly Scenario[] = [
  ...eventScenarios,
  ...unitScenarios,
  ...delayedScenarios,
  ...scoreScenarios,
  ...fleetScenarios,
  ...allocationScenarios,
];
