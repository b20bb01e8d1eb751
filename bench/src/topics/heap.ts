import { defineModel } from '@understudy/core';
import { compose } from '@understudy/core/policies';
import { fourPolicies, raw, thirtyFields, wideRows } from '../contracts.ts';
import { turn } from '../harness.ts';
import { cockatielStack, opossumStack } from '../peers.ts';
import { shuffled, summarise } from '../statistics.ts';
import { type Table, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';

const PENDING = 20_000;
/** A few will do: the bytes hardly vary. */
const ROUNDS = 3;
/** No call may time out while it is weighed. */
const LONG_MS = 600_000;

async function heapUsed(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc?.();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

/** What a call keeps on the heap while it is under way. */
export const heap: Topic = {
  name: 'heap',
  async run({ random, progress }) {
    if (globalThis.gc === undefined) throw new Error('The heap is measured with node --expose-gc.');
    let gate = Promise.withResolvers<typeof raw>();
    const held = async (): Promise<typeof raw> => await gate.promise;
    const four = compose(...fourPolicies(LONG_MS));
    const model = defineModel(
      { name: 'bench-heap', ...thirtyFields },
      {
        variants: { v1: { predictor: held, version: '1' } },
        champion: 'v1',
        policies: fourPolicies(LONG_MS),
        deadlineMs: LONG_MS,
      },
    );
    const [row = {}] = wideRows;
    const cockatiel = cockatielStack(LONG_MS);
    const opossum = opossumStack(held, LONG_MS);
    const copies: unknown[] = [];
    const calls = {
      bare: held,
      'understudy, four policies': () => four(held),
      'understudy, predict with 30 fields': () => model.predict(row),
      'of which zod’s copy of the 30 fields': () => {
        copies.push(thirtyFields.input.parse(row));
        return held();
      },
      'cockatiel, four policies': () => cockatiel.execute(held),
      'opossum, breaker with timeout and capacity': () => opossum.fire(),
    } satisfies Record<string, () => Promise<unknown>>;
    type Name = keyof typeof calls;
    const names = Object.keys(calls) as Name[];

    const weigh = async (call: () => Promise<unknown>): Promise<number> => {
      gate = Promise.withResolvers();
      const pending = new Array<Promise<unknown>>(PENDING);
      const before = await heapUsed();
      for (let index = 0; index < PENDING; index++) pending[index] = call();
      const after = await heapUsed();
      gate.resolve(raw);
      await Promise.all(pending);
      copies.length = 0;
      return (after - before) / PENDING;
    };
    const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
    for (let round = -1; round < ROUNDS; round++) {
      for (const name of shuffled(names, random)) {
        const bytes = await weigh(calls[name]);
        if (round >= 0) samples[name].push(bytes);
      }
      progress((round + 2) / (ROUNDS + 1));
    }
    opossum.shutdown();
    return [heapTable(samples, names)];
  },
};

const TARGETS: Readonly<Record<string, number>> = {
  'understudy, four policies': 720,
  'understudy, predict with 30 fields': 1070,
};

function heapTable(samples: Readonly<Record<string, readonly number[]>>, names: readonly string[]): Table {
  const bare = samples['bare'] ?? [];
  const verdicts: Verdict[] = [];
  const bytes = (value: number): string => `${Math.round(value).toLocaleString('en')} B`;
  const rows = names.map((name) => {
    const over = (samples[name] ?? []).map((value, round) => (name === 'bare' ? value : value - (bare[round] ?? Number.NaN)));
    const { median, low, high } = summarise(over);
    const target = TARGETS[name];
    const verdict = target === undefined ? undefined : { what: `${name} (B in flight over bare)`, target, measured: median };
    if (verdict !== undefined) verdicts.push(verdict);
    return [
      name === 'bare' ? 'bare await (all of it)' : name,
      bytes(median),
      `${bytes(low)} – ${bytes(high)}`,
      ...verdictCells(verdict),
    ];
  });
  return {
    title: 'Heap kept by a call in flight, over a bare one',
    columns: ['case', 'a call', 'middle half', 'target', 'met'],
    rows,
    notes: [],
    verdicts,
  };
}
