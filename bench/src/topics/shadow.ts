import { defineModel } from '@understudy/core';
import { cycle, fourPolicies, predictor, type raw, smallRows, threeFields } from '../contracts.ts';
import { type Case, inTurn, measure, turn } from '../harness.ts';
import { timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

const CALLS = 500;
const WORK_MS = 0.02;

const working = async (): Promise<typeof raw> => {
  const end = performance.now() + WORK_MS;
  while (performance.now() < end);
  return { malignant: 0.5 };
};

/** What a shadow costs the call that is served. */
export const shadow: Topic = {
  name: 'shadow',
  async run(effort) {
    const next = cycle(smallRows);
    const alone = defineModel(
      { name: 'bench-alone', ...threeFields },
      { variants: { v1: { predictor, version: '1' } }, champion: 'v1', policies: fourPolicies() },
    );
    const shadowed = (name: string, challenger: typeof predictor): Case => {
      const model = defineModel(
        { name, ...threeFields },
        {
          variants: { v1: { predictor, version: '1' }, v2: { predictor: challenger, version: '2' } },
          champion: 'v1',
          policies: fourPolicies(),
          // Room for a whole batch: a launch that is dropped would be cheaper than one that is kept.
          shadow: { v2: { sampleRate: 1, concurrency: 2 * CALLS, maxQueue: 2 * CALLS, maxPerMinute: 1e9 } },
        },
      );
      const status = () =>
        model.status().variants['v2']?.shadow ?? { queued: 0, running: 0, pairs: 0, dropped: { queueFull: 0, budget: 0 } };
      let launched = 0;
      return {
        calls: CALLS,
        batch: inTurn(() => model.predict(next())).batch,
        after: async () => {
          launched += CALLS;
          while (status().queued + status().running > 0) await turn();
          if (status().pairs !== launched)
            throw new Error(`${status().pairs} of ${launched} shadows were compared: ${JSON.stringify(status())}`);
        },
      };
    };
    const direct = (challenger: typeof predictor): Case => ({
      ...inTurn(() => {
        void challenger();
        return alone.predict(next());
      }),
      calls: CALLS,
    });
    const cases = {
      'predict, no shadow': { ...inTurn(() => alone.predict(next())), calls: CALLS },
      'predict, shadow that does nothing': shadowed('bench-shadow', predictor),
      'predict, shadow with 20 µs of synchronous work': shadowed('bench-working-shadow', working),
      'direct call of a challenger that does nothing': direct(predictor),
      'direct call of a challenger with 20 µs of synchronous work': direct(working),
    };
    const samples = await measure(cases, effort);
    const base = 'predict, no shadow';
    const rows = [
      { name: base, base },
      { name: 'predict, shadow that does nothing', base, target: 1.04 },
      { name: 'predict, shadow with 20 µs of synchronous work', base, target: 1.04 },
      { name: 'direct call of a challenger that does nothing', base },
      { name: 'direct call of a challenger with 20 µs of synchronous work', base },
    ] as const;
    return [timesTable('A shadow, as the served call feels it', samples, rows, { ratio: '× no shadow' })];
  },
};
