import { defineModel } from '@understudy/core';
import * as z from 'zod';
import { byHand, countedMs, countMs } from '../by-hand.ts';
import { cycle, fourPolicies, noop, predictor, raw, smallRows, thirtyFields, threeFields, wideRows } from '../contracts.ts';
import { inTurn, measure } from '../harness.ts';
import { cockatielStack, opossumStack } from '../peers.ts';
import { rowsAgainst, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

let models = 0;

function modelOf<I extends z.ZodType>(contract: { readonly input: I; readonly output: typeof threeFields.output }) {
  const name = `bench-predict-${models++}`;
  return defineModel(
    { name, ...contract },
    { variants: { v1: { predictor, version: '1' } }, champion: 'v1', policies: fourPolicies() },
  );
}

function watched<M extends { on(type: 'decision', listener: typeof countMs): unknown }>(model: M): M {
  for (let listener = 0; listener < 3; listener++) model.on('decision', countMs);
  return model;
}

/** Twelve models of three fields each, all different, so that the call path is not shaped for one. */
function twelveModels(): (() => Promise<unknown>)[] {
  return Array.from({ length: 12 }, (_, index) => {
    const [a, b, c] = [`a${index}`, `b${index}`, `c${index}`];
    const third = [z.string(), z.boolean(), z.enum(['left', 'right'])][index % 3] ?? z.string();
    const model = modelOf({ input: z.object({ [a]: z.number(), [b]: z.number(), [c]: third }), output: threeFields.output });
    const values: readonly unknown[] = ['left', true, 'right'];
    const next = cycle(
      smallRows.map(({ radius, texture }) => ({ [a]: radius, [b]: texture, [c]: values[index % 3] })) as {
        [key: string]: never;
      }[],
    );
    return () => model.predict(next());
  });
}

/** A whole decision: contracts, policies, id, event. */
export const predict: Topic = {
  name: 'predict',
  async run(effort) {
    const [small, wide] = [cycle(smallRows), cycle(wideRows)];
    const [small0, small3, wide0, wide3] = [
      modelOf(threeFields),
      watched(modelOf(threeFields)),
      modelOf(thirtyFields),
      watched(modelOf(thirtyFields)),
    ] as const;
    const cockatiel = cockatielStack();
    const opossum = opossumStack((work: () => Promise<unknown>) => work());
    const byCockatiel = (work: () => Promise<unknown>): Promise<unknown> => cockatiel.execute(work);
    const byOpossum = (work: () => Promise<unknown>): Promise<unknown> => opossum.fire(work);
    const hand = {
      smallCockatiel: byHand(threeFields, predictor, byCockatiel),
      smallOpossum: byHand(threeFields, predictor, byOpossum),
      wideCockatiel: byHand(thirtyFields, predictor, byCockatiel),
      wideOpossum: byHand(thirtyFields, predictor, byOpossum),
    };
    const twelve = cycle(twelveModels());
    const cases = {
      'bare await': inTurn(noop),
      'predict, 3 fields': inTurn(() => small0.predict(small())),
      'predict, 3 fields, 3 subscribers': inTurn(() => small3.predict(small())),
      'predict, 3 fields, twelve models in turn': inTurn(() => twelve()()),
      'of which zod, 3 fields and the output': inTurn(async () => [
        threeFields.input.parse(small()),
        threeFields.output.parse(raw),
      ]),
      'by hand with cockatiel, 3 fields': inTurn(() => hand.smallCockatiel(small())),
      'by hand with opossum, 3 fields': inTurn(() => hand.smallOpossum(small())),
      'predict, 30 fields': inTurn(() => wide0.predict(wide())),
      'predict, 30 fields, 3 subscribers': inTurn(() => wide3.predict(wide())),
      'of which zod, 30 fields and the output': inTurn(async () => [
        thirtyFields.input.parse(wide()),
        thirtyFields.output.parse(raw),
      ]),
      'by hand with cockatiel, 30 fields': inTurn(() => hand.wideCockatiel(wide())),
      'by hand with opossum, 30 fields': inTurn(() => hand.wideOpossum(wide())),
    };
    const samples = await measure(cases, effort);
    opossum.shutdown();
    if (!(countedMs() > 0)) throw new Error('No subscriber was called.');
    const rows = rowsAgainst('bare await', Object.keys(cases) as (keyof typeof cases)[], {
      'predict, 3 fields': 15,
      'predict, 3 fields, 3 subscribers': 18.5,
      'predict, 30 fields': 36,
      'predict, 30 fields, 3 subscribers': 48,
    });
    return [
      timesTable('A decision', samples, rows, {
        notes: ['The targets with subscribers are for three subscribers and monitors, which have a table of their own.'],
      }),
    ];
  },
};
