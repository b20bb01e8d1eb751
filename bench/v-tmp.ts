import { measure } from '../packages/core/src/rollout/validity/scenario.ts';
import { scenarios } from '../packages/core/src/rollout/validity/scenarios.ts';
import { withoutWindow } from '../packages/core/src/rollout/validity/delayed-scenarios.ts';
const factor = Number(process.argv[2] ?? 1);
let total = 0;
for (const [i, s] of [...scenarios, withoutWindow].entries()) {
  const t = performance.now();
  const m = measure(s, Math.round(s.runs * factor), i + 1);
  total += performance.now() - t;
  console.log(s.name, '|', s.alarm, s.claim, s.level, '|', m.runs, (100 * m.ours).toFixed(1), m.naive === undefined ? '-' : (100 * m.naive).toFixed(1), 'lim', (100 * m.limit).toFixed(1), m.holds, m.medianUnits, (performance.now() - t).toFixed(0) + ' ms');
}
console.log(total);
