import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { liveMetric } from '../monitors/live-metric.ts';
import { overrides } from '../monitors/overrides-monitor.ts';
import { quality } from '../rollout/gates/quality.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { IdSigner } from '../routing/decision-id.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';

const contract = {
  name: 'm',
  input: z.object({ x: z.number(), site: z.string() }),
  output: z.object({ p: z.number() }),
  target: { kind: 'probability', field: 'p' },
} as const;
const variants = { v1: { predictor: ({ x }: { x: number }) => ({ p: x }), version: '1' } } as const;
const signer: IdSigner = { keyed: true, seal: () => new Uint8Array(7) };
type Site = { readonly site: string };

/** Two processes over one store. */
function fleet() {
  const clock = new VirtualClock();
  const store = memoryStore({ acceptLoss: true });
  const start = (seed: number) => createUnderstudy({ store, clock, random: seededRandom(seed), signer });
  return { clock, processes: [start(1), start(2)] as const };
}

describe('outcomes.sharing', () => {
  test('an outcome is scored in whatever process it is recorded', async () => {
    const { clock, processes } = fleet();
    const monitors = () => [
      liveMetric<Site, unknown, unknown>({ metric: 'accuracy', breachBelow: 0.5, minCases: 1, segmentBy: ({ site }) => site }),
      overrides({ minCases: 1 }),
    ];
    const [decider, recorder] = processes.map((process) =>
      process.defineModel(contract, { variants, champion: 'v1', outcomes: { sharing: true }, monitors: monitors() }),
    );
    if (decider === undefined || recorder === undefined) throw new Error('two models');
    const early = await decider.predict({ x: 0.9, site: 'b' });
    // Recorded before it was handed over: it is looked for again.
    await recorder.recordOutcome(early.id, { truth: { p: 1 } });
    const decisions = await Promise.all([0.9, 0.8, 0.1].map((x) => decider.predict({ x, site: 'a' })));
    await clock.advance(3000);
    for (const [index, { id }] of decisions.entries()) await recorder.recordOutcome(id, { truth: { p: index === 0 ? 0 : 1 } });
    await recorder.recordOutcome(decisions[0]?.id ?? '', { override: { output: { p: 0 }, by: 'dr', reason: 'seen' } });
    await clock.advance(1000);
    const { monitors: watched, sharing } = recorder.status();
    const reading = (measure: string, segment?: string) =>
      watched?.reports.flatMap(({ readings }) => readings).find((one) => one.measure === measure && one.segment === segment);
    expect(reading('accuracy')).toMatchObject({ n: 4, value: 0.5 });
    expect(reading('accuracy', 'a')).toMatchObject({ n: 3 });
    expect(reading('accuracy', 'b')).toMatchObject({ n: 1, value: 1 });
    expect(watched?.outcomes).toMatchObject({ unjoined: 0, byTier: { model: { decisions: 0, known: 4 } } });
    expect(sharing).toEqual({ waiting: 0, dropped: 0, storeFailure: null });
    expect(decider.status().monitors?.outcomes.byTier).toEqual({ model: { decisions: 4, known: 0 } });
  });

  test('an outcome whose decision nobody kept is counted as unjoined', async () => {
    const { clock, processes } = fleet();
    const [decider, recorder] = processes.map((process, index) =>
      process.defineModel(contract, {
        variants,
        champion: 'v1',
        outcomes: { sharing: index === 1 },
        monitors: [liveMetric({ metric: 'accuracy', breachBelow: 0.5 })],
      }),
    );
    const decision = await decider?.predict({ x: 0.9, site: 'a' });
    await recorder?.recordOutcome(decision?.id ?? '', { truth: { p: 1 } });
    await clock.advance(3000);
    expect(recorder?.status().monitors?.outcomes.unjoined).toBe(1);
  });

  test('a gate on truths scores decisions of other processes', async () => {
    const { clock, processes } = fleet();
    const [decider, recorder] = processes.map((process) =>
      process.defineModel(contract, {
        variants: { ...variants, v2: { predictor: ({ x }) => ({ p: x }), version: '2' } },
        champion: 'v1',
        fallback: [always({ p: 0 })],
        outcomes: { sharing: true },
        rollout: {
          challenger: 'v2',
          canaryShares: [0.5],
          gates: [quality({ score: ({ output }, truth) => Number(output.p > 0.5 === truth.p > 0.5), maxLoss: 0.1 })],
        },
      }),
    );
    if (decider === undefined || recorder === undefined) throw new Error('two models');
    await Promise.all(processes.map((process) => process.ready()));
    for (let step = 0; step < 3; step++) {
      await decider.predict({ x: 0.9, site: 'a' });
      await clock.advance(2000);
    }
    const decisions = [];
    for (let unit = 0; unit < 40; unit++) decisions.push(await decider.predict({ x: 0.9, site: 'a' }, { unit: `u${unit}` }));
    await clock.advance(2000);
    for (const { id } of decisions) await recorder.recordOutcome(id, { truth: { p: 1 } });
    // The first decision of a unit is handed over, then asked for, then counted.
    await clock.advance(6000);
    const rollout = recorder.status().rollout;
    expect(rollout?.evidence.unscored).toBe(0);
    const counted = rollout?.gates[0];
    expect((counted?.champion ?? 0) + (counted?.challenger ?? 0)).toBe(40);
  });

  test('needs a store that other processes see', () => {
    const define = (): unknown =>
      createUnderstudy({}).defineModel(contract, { variants, champion: 'v1', outcomes: { sharing: true } });
    expect(define).toThrow(UnderstudyError);
    expect(define).toThrow('options.outcomes.sharing: needs a store that outlives this process');
  });
});

test('B3 an outcome whose decision nothing knows any more is unscored, and told so', async () => {
  const { processes } = fleet();
  const [decider, recorder] = processes.map((process) =>
    process.defineModel(contract, {
      variants,
      champion: 'v1',
      monitors: [liveMetric({ metric: 'accuracy', breachBelow: 0.5 })],
    }),
  );
  if (decider === undefined || recorder === undefined) throw new Error('two models');
  const { id } = await decider.predict({ x: 0.9, site: 'a' });
  expect(await recorder.recordOutcome(id, { truth: { p: 1 } })).toBe('unscored');
  expect(await decider.recordOutcome(id, { truth: { p: 1 } })).toBe('counted');
  expect(recorder.status().outcomes).toMatchObject({ counted: 0, unscored: 1 });
});
