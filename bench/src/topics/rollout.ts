import { createUnderstudy, memoryStore } from '@understudy/core';
import { errorRate } from '@understudy/core/rollout';
import { cycle, fourPolicies, noop, predictor, smallRows, threeFields } from '../contracts.ts';
import { inTurn, measure } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { timeCells, type Table, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';

const UNITS = 10_000;
/** Added, × bare. */
const TARGET = { unit: 3, none: 2 };
/** Longer than evidence waits to be exchanged. */
const SETTLED_MS = 1500;

const variants = { v1: { predictor, version: '1' }, v2: { predictor, version: '2' } } as const;

/** A model in its first canary stage, whose evidence is exchanged every second. */
async function rollingOut(gates: number) {
  const understudy = createUnderstudy({ store: memoryStore({ acceptLoss: true }) });
  const model = understudy.defineModel(
    { name: `bench-rollout-${gates}`, ...threeFields },
    {
      variants,
      champion: 'v1',
      policies: fourPolicies(),
      rollout: {
        challenger: 'v2',
        canaryShares: [0.25],
        gates: Array.from({ length: gates }, (_, index) => errorRate({ name: `errors-${index}`, maxRatio: 1.5 })),
      },
    },
  );
  await understudy.ready();
  await understudy.ready();
  if (model.status().rollout?.phase !== 'canary') throw new Error('The rollout has not begun.');
  return model;
}

/** What a rollout costs a call: its assignment and its evidence. */
export const rollout: Topic = {
  name: 'rollout',
  async run(effort) {
    const next = cycle(smallRows);
    // Through JSON, as units come from requests: a string that was put together from parts is slower to read.
    const named = Array.from({ length: UNITS }, (_, index) => ({ unit: `user-${100_000 + index * 7919}` }));
    const units = cycle(JSON.parse(JSON.stringify(named)) as typeof named);
    const plain = createUnderstudy({}).defineModel(
      { name: 'bench-no-rollout', ...threeFields },
      { variants, champion: 'v1', policies: fourPolicies() },
    );
    const [one, three] = [await rollingOut(1), await rollingOut(3)];
    const cases = {
      'bare await': inTurn(noop),
      'a unit, no rollout': inTurn(() => plain.predict(next(), units())),
      'a unit, rollout with one gate': inTurn(() => one.predict(next(), units())),
      'a unit, rollout with three gates': inTurn(() => three.predict(next(), units())),
      'no unit, no rollout': inTurn(() => plain.predict(next())),
      'no unit, rollout with one gate': inTurn(() => one.predict(next())),
      'no unit, rollout with three gates': inTurn(() => three.predict(next())),
    };
    // What a unit costs every time, not the first time.
    for (let unit = 0; unit < UNITS; unit++) {
      const options = units();
      for (const model of [plain, one, three]) await model.predict(next(), options);
    }
    await new Promise((done) => setTimeout(done, SETTLED_MS));
    const samples = await measure(cases, effort);
    const verdicts: Verdict[] = [];
    const names = Object.keys(cases) as (keyof typeof cases)[];
    const rows = names.map((name) => {
      const base = name.startsWith('a unit') ? 'a unit, no rollout' : 'no unit, no rollout';
      const cells = [name, ...timeCells(summarise(samples[name]))];
      if (name === base || name === 'bare await') return cells.concat('', '', '');
      const added = samples[name].map(
        (time, round) => (time - (samples[base][round] ?? 0)) / (samples['bare await'][round] ?? 1),
      );
      const measured = summarise(added).median;
      const verdict = {
        what: `${name} (added, × bare)`,
        target: name.startsWith('a unit') ? TARGET.unit : TARGET.none,
        measured,
      };
      verdicts.push(verdict);
      return cells.concat(measured.toFixed(2), verdictCells(verdict));
    });
    const table: Table = {
      title: 'A rollout',
      columns: ['case', 'a call', 'middle half', 'added, × bare', 'target', 'met'],
      rows,
      notes: [
        `${UNITS} units in turn: a unit counts once a stage, and is looked up in a set of at most 2 MiB with every later call. A call without a unit counts each time. Evidence is exchanged once a second, within the times above.`,
      ],
      verdicts,
    };
    return [table];
  },
};
