import { always, defineModel, rules } from '@understudy/core';
import { cycle, fourPolicies, noop, predictor, smallRows, threeFields } from '../contracts.ts';
import { inTurn, measure } from '../harness.ts';
import { rowsAgainst, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

const bySize = rules<{ radius: number; texture: number; site: string }, { malignant: number }>({
  name: 'by-size',
  version: '1',
  rows: [
    { id: 'R1', when: { radius: { gte: 16.8 } }, then: { malignant: 0.95 }, because: 'large' },
    { id: 'R2', when: { radius: { lt: 16.8 }, texture: { gte: 25 } }, then: { malignant: 0.5 }, because: 'coarse' },
  ],
  otherwise: { malignant: 0.1 },
});

/** The circuit is open: another tier answers. */
export const fallback: Topic = {
  name: 'fallback',
  async run(effort) {
    const common = { variants: { v1: { predictor, version: '1' } }, champion: 'v1', policies: fourPolicies() } as const;
    const byRules = defineModel({ name: 'bench-rules', ...threeFields }, { ...common, fallback: [bySize] });
    const byAlways = defineModel({ name: 'bench-always', ...threeFields }, { ...common, fallback: [always({ malignant: 0.5 })] });
    for (const model of [byRules, byAlways]) model.control.circuit('v1')?.force('forced-open', 'a benchmark');
    const next = cycle(smallRows);
    const kinds = await Promise.all([byRules, byAlways].map(async (model) => (await model.predict(next())).servedBy.tier));
    if (kinds.join() !== 'rules,always') throw new Error(`Served by ${kinds.join()}.`);
    const cases = {
      'bare await': inTurn(noop),
      'predict, circuit open, a rule answers': inTurn(() => byRules.predict(next())),
      'predict, circuit open, a fixed output answers': inTurn(() => byAlways.predict(next())),
    };
    const samples = await measure(cases, effort);
    const rows = rowsAgainst('bare await', Object.keys(cases) as (keyof typeof cases)[], {
      'predict, circuit open, a rule answers': 7.3,
      'predict, circuit open, a fixed output answers': 7.3,
    });
    return [timesTable('A decision of a fallback', samples, rows)];
  },
};
