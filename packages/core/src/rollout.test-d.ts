import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { agreement, errorRate, gate, kpi, quality, sampleRatio, slowCalls, spend } from './rollout.ts';
import { defineModel, openInference, timeout } from './index.ts';

const input = z.object({ worstRadius: z.number().positive(), meanTexture: z.number(), ageBand: z.string() });
const output = z.object({ malignant: z.number().min(0).max(1) });
const contract = {
  name: 'biopsy-triage',
  input,
  output,
  target: { kind: 'probability', field: 'malignant', positiveAt: 0.5 },
  kpis: { savedMinutes: { better: 'higher' }, complaints: { better: 'lower' } },
} as const;
const variants = {
  v3: {
    predictor: openInference({ url: 'http://127.0.0.1:1', model: 'triage' }),
    version: '3.2.0',
    policies: [timeout({ ms: 300 })],
  },
  v4: { predictor: (row: { worstRadius: number }) => ({ malignant: row.worstRadius }), version: '4.0.0' },
};

describe('a rollout infers with no type argument and no annotation', () => {
  test('every gate in one rollout', () => {
    const triage = defineModel(
      {
        name: 'biopsy-triage',
        input,
        output,
        target: { kind: 'probability', field: 'malignant', positiveAt: 0.5 },
        kpis: { savedMinutes: { better: 'higher' }, complaints: { better: 'lower' } },
      },
      {
        variants: {
          v3: { predictor: openInference({ url: 'http://127.0.0.1:1', model: 'triage' }), version: '3.2.0' },
          v4: { predictor: (row, call) => ({ malignant: row.worstRadius * call.attempt }), version: '4.0.0' },
        },
        champion: 'v3',
        shadow: { v4: { sampleRate: 0.2 } },
        rollout: {
          challenger: 'v4',
          shadow: { minPairs: 500 },
          canaryShares: [0.05, 0.25, 0.5],
          holdbackShare: 0.02,
          bakeMs: 3_600_000,
          gates: [
            errorRate({ maxRatio: 1.5 }),
            slowCalls({ maxRatio: 1.5, overMs: 300 }),
            quality({
              score: (decision, truth) => {
                expectTypeOf(decision.output).toEqualTypeOf<{ malignant: number }>();
                expectTypeOf(decision.input).toEqualTypeOf<{ worstRadius: number; meanTexture: number; ageBand: string }>();
                expectTypeOf(truth).toEqualTypeOf<{ malignant: number }>();
                expectTypeOf(decision.id).toBeString();
                return -Math.abs(decision.output.malignant - truth.malignant);
              },
              maxLoss: 0.02,
              range: [-1, 0],
            }),
            agreement({ minAgreement: 0.9 }),
            kpi('savedMinutes', { maxLoss: 1 }),
            kpi('complaints', { maxLoss: 1, range: [0, 10], maturityMs: 86_400_000 }),
            spend({
              cost: (call) => {
                expectTypeOf(call.input.ageBand).toBeString();
                expectTypeOf(call.output).toEqualTypeOf<{ malignant: number } | undefined>();
                return call.output === undefined ? undefined : call.durationMs * call.input.worstRadius;
              },
              maxLoss: 0.1,
            }),
            sampleRatio(),
            gate({
              name: 'alerts',
              check: async ({ share, phase, signal }) => {
                signal.throwIfAborted();
                return { verdict: share > 0.5 ? 'hold' : 'proceed', reason: phase };
              },
            }),
          ],
          alpha: 0.05,
          approval: 'automatic',
          onInconclusive: 'hold',
        },
      },
    );
    void triage.control.rollout.approve({ by: { id: 'a', roles: [] }, reason: 'b' });
    expectTypeOf(triage.predict).returns.resolves.toHaveProperty('assigned').toEqualTypeOf<'v3' | 'v4'>();
  });

  test('options in the worst order, a truth of another shape, a transform on the input', () => {
    const second = defineModel(
      {
        truth: v.object({ label: v.picklist(['a', 'b']) }),
        output: v.object({ label: v.string() }),
        input: v.object({
          at: v.pipe(
            v.string(),
            v.transform((text) => new Date(text)),
          ),
        }),
        name: 'second',
      },
      {
        rollout: {
          gates: [
            quality({
              maxLoss: 1,
              score: (decision, truth) => {
                expectTypeOf(truth.label).toEqualTypeOf<'a' | 'b'>();
                return truth.label === 'a' ? decision.output.label.length : decision.input.at.getTime();
              },
            }),
          ],
          challenger: 'q',
        },
        champion: 'p',
        variants: {
          p: { version: '1', predictor: (row) => ({ label: row.at.toISOString() }) },
          q: { version: '1', predictor: async (row) => ({ label: String(row.at) }) },
        },
      },
    );
    expectTypeOf(second.predict).returns.resolves.toHaveProperty('assigned').toEqualTypeOf<'p' | 'q'>();
  });

  test('a contract without KPIs takes every gate but kpi()', () => {
    const plain = { name: 'plain', input, output } as const;
    defineModel(plain, { variants, champion: 'v3', rollout: { challenger: 'v4', gates: [errorRate({ maxRatio: 2 })] } });
    defineModel(plain, {
      variants,
      champion: 'v3',
      rollout: {
        challenger: 'v4',
        gates: [
          // @ts-expect-error the contract has no KPI
          kpi('savedMinutes', { maxLoss: 1 }),
        ],
      },
    });
  });

  test('a list of gates outside the model', () => {
    const gates = [errorRate({ maxRatio: 1.5 }), kpi('savedMinutes', { maxLoss: 1 }), agreement({ minAgreement: 0.9 })];
    defineModel(contract, { variants, champion: 'v3', rollout: { challenger: 'v4', gates } });
    defineModel(
      { name: 'plain', input, output },
      // @ts-expect-error one of them is about a KPI that this contract has not
      { variants, champion: 'v3', rollout: { challenger: 'v4', gates } },
    );
  });
});

describe('what does not compile', () => {
  test('names that are not known', () => {
    defineModel(contract, {
      variants,
      champion: 'v3',
      // @ts-expect-error no such variant
      rollout: { challenger: 'v9', gates: [errorRate({ maxRatio: 1.5 })] },
    });
    defineModel(contract, {
      variants,
      champion: 'v3',
      rollout: {
        challenger: 'v4',
        gates: [
          errorRate({ maxRatio: 1.5 }),
          // @ts-expect-error no such KPI
          kpi('savedHours', { maxLoss: 1 }),
        ],
      },
    });
  });

  test('options that are wrong or missing', () => {
    // @ts-expect-error maxRatio is missing
    errorRate({});
    // @ts-expect-error an option of slowCalls
    errorRate({ maxRatio: 2, overMs: 300 });
    // @ts-expect-error overMs is missing
    slowCalls({ maxRatio: 2 });
    // @ts-expect-error a range has two ends
    kpi('savedMinutes', { maxLoss: 1, range: [0] });
    // @ts-expect-error a fraction, not a percentage of another name
    agreement({ minimumPercent: 90 });
    // @ts-expect-error no such verdict
    gate({ name: 'x', check: () => ({ verdict: 'stop', reason: '' }) });
    // @ts-expect-error a score is a number
    quality({ score: () => 'good', maxLoss: 1 });
    const gates = [errorRate({ maxRatio: 1.5 })];
    // @ts-expect-error automatic or manual
    defineModel(contract, { variants, champion: 'v3', rollout: { challenger: 'v4', gates, approval: 'maybe' } });
    // @ts-expect-error percentages, not a percentage
    defineModel(contract, { variants, champion: 'v3', rollout: { challenger: 'v4', gates, canaryShares: 5 } });
    // @ts-expect-error a rollout without gates decides nothing
    defineModel(contract, { variants, champion: 'v3', rollout: { challenger: 'v4' } });
  });

  test('a score or a cost that reads what the contract has not', () => {
    defineModel(contract, {
      variants,
      champion: 'v3',
      rollout: {
        challenger: 'v4',
        gates: [
          // @ts-expect-error no such output
          quality({ score: (decision) => decision.output.benign, maxLoss: 1 }),
          // @ts-expect-error no such truth
          quality({ name: 'other', score: (_, truth) => truth.label, maxLoss: 1 }),
          // @ts-expect-error no such input
          spend({ cost: (call) => call.input.size, maxLoss: 1 }),
          // @ts-expect-error nothing may have served
          spend({ name: 'more', cost: (call) => call.output.malignant, maxLoss: 1 }),
        ],
      },
    });
  });
});
