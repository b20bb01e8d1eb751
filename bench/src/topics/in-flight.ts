import { defineModel } from '@understudy/core';
import { compose } from '@understudy/core/policies';
import { cycle, fourPolicies, noop, predictor, smallRows, threeFields } from '../contracts.ts';
import { atOnce, measure } from '../harness.ts';
import { cockatielStack, opossumStack } from '../peers.ts';
import { timesTable, type TimedRow } from '../table.ts';
import type { Topic } from '../topic.ts';

const DEPTHS = [100, 1000, 10_000] as const;
type Depth = (typeof DEPTHS)[number];

/** Many calls at once: does a call cost more when many are under way? */
export const inFlight: Topic = {
  name: 'in-flight',
  async run(effort) {
    const four = compose(...fourPolicies());
    const model = defineModel(
      { name: 'bench-in-flight', ...threeFields },
      { variants: { v1: { predictor, version: '1' } }, champion: 'v1', policies: fourPolicies() },
    );
    const next = cycle(smallRows);
    const cockatiel = cockatielStack();
    const opossum = opossumStack(noop);
    const calls = {
      'bare await': noop,
      'understudy, four policies': () => four(noop),
      'understudy, predict': () => model.predict(next()),
      'cockatiel, four policies': () => cockatiel.execute(noop),
      'opossum, breaker with timeout and capacity': () => opossum.fire(),
    } satisfies Record<string, () => Promise<unknown>>;
    type Name = keyof typeof calls;
    const label = (name: Name, depth: Depth) => `${name}, ${depth.toLocaleString('en')} in flight` as const;
    const names = Object.keys(calls) as Name[];
    const all = names.flatMap((name) => DEPTHS.map((depth) => [name, depth] as const));
    // As many calls at each depth, so that each pays for as much garbage; fewer of cockatiel, which takes a second for 10,000.
    const cases = Object.fromEntries(
      all.map(([name, depth]) => [
        label(name, depth),
        atOnce(calls[name], depth, name.startsWith('cockatiel') ? Math.max(depth, 2000) : 10_000),
      ]),
    );
    const samples = await measure(cases, { ...effort, rounds: Math.ceil(effort.rounds / 4) });
    opossum.shutdown();
    const targets: Partial<Record<Name, number>> = { 'understudy, four policies': 1.25, 'understudy, predict': 1.4 };
    const rows = all.map(([name, depth]): TimedRow<string> => ({
      name: label(name, depth),
      base: label(name, 100),
      target: depth === 10_000 ? targets[name] : undefined,
    }));
    return [timesTable('Calls in flight', samples, rows, { ratio: '× its 100' })];
  },
};
