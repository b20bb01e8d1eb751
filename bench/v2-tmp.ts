import { measure } from '../packages/core/src/rollout/validity/scenario.ts';
import { delayedScenarios } from '../packages/core/src/rollout/validity/delayed-scenarios.ts';
for (const [i, s] of delayedScenarios.entries()) {
  if (!/same, /.test(s.name)) continue;
  const m = measure(s, 1500, 100 + i);
  console.log(s.name, (100 * m.ours).toFixed(1), 'lim', (100 * m.limit).toFixed(1), m.medianUnits);
}
