import * as v from 'valibot';
import { type } from 'arktype';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  always,
  circuitBreaker,
  createUnderstudy,
  defineModel,
  openInference,
  retry,
  rules,
  type RuleTable,
  timeout,
  withinTolerance,
} from './index.ts';

const input = z.object({
  worstRadius: z.number().positive(),
  meanTexture: z.number(),
  ageBand: z.string(),
  note: z.string().nullish(),
});
const output = z.object({ malignant: z.number().min(0).max(1) });

const triage = defineModel(
  {
    name: 'biopsy-triage',
    input,
    output,
    target: { kind: 'probability', field: 'malignant', positiveAt: 0.5 },
    kpis: { savedMinutes: { better: 'higher' } },
  },
  {
    variants: {
      v3: {
        predictor: openInference({ url: 'http://127.0.0.1:1', model: 'triage' }),
        version: '3.2.0',
        policies: [timeout({ ms: 300 })],
      },
      v4: { predictor: (row, call) => ({ malignant: row.worstRadius * call.attempt }), version: '4.0.0' },
      v5: {
        predictor: async (row, { signal }) => {
          signal.throwIfAborted();
          return { malignant: row.meanTexture };
        },
        version: '5',
      },
    },
    champion: 'v3',
    fallback: [
      'v5',
      rules({
        name: 'triage-rules',
        version: '1',
        hitPolicy: 'first',
        rows: [
          { id: 'R1', when: { worstRadius: { gte: 16.8 }, note: { exists: true } }, then: { malignant: 0.95 }, because: 'large' },
          {
            id: 'R2',
            when: (row, failure) => failure.code === 'TIMEOUT' && row.meanTexture > 21,
            then: (row) => ({ malignant: row.worstRadius }),
          },
        ],
        otherwise: { malignant: 0.2 },
      }),
      always({ malignant: 0 }),
    ],
    policies: [retry({ attempts: 3 }), circuitBreaker()],
    shadow: { v4: { sampleRate: 0.2, compare: withinTolerance('malignant', { absolute: 0.1 }) } },
  },
);

describe('a model infers with no type argument and no annotation', () => {
  test('input, output, assigned and servedBy of a decision', async () => {
    const decision = await triage.predict({ worstRadius: 1, meanTexture: 2, ageBand: 'x' }, { unit: 'u' });
    expectTypeOf(decision.output).toEqualTypeOf<{ malignant: number }>();
    expectTypeOf(decision.assigned).toEqualTypeOf<'v3' | 'v4' | 'v5'>();
    if (decision.servedBy.tier === 'model') expectTypeOf(decision.servedBy.variant).toEqualTypeOf<'v3' | 'v4' | 'v5'>();
    else if (decision.servedBy.tier === 'rules') expectTypeOf(decision.servedBy.name).toBeString();
  });

  test('outcomes follow the contract', () => {
    void triage.recordOutcome('id', { kpi: { savedMinutes: 12 } });
    void triage.recordOutcome('id', { truth: { malignant: 1 } });
    void triage.recordOutcome('id', { override: { output: { malignant: 1 }, by: 'dr', reason: 'seen' } });
    // @ts-expect-error unknown kpi
    void triage.recordOutcome('id', { kpi: { savedHours: 12 } });
    // @ts-expect-error wrong truth
    void triage.recordOutcome('id', { truth: { malignant: 'x' } });
  });

  test('variants are known by name', () => {
    const note = { by: { id: 'a', roles: [] }, reason: 'b' };
    void triage.control.pin('v4', note);
    // @ts-expect-error unknown variant
    void triage.control.pin('x', note);
    // @ts-expect-error unknown variant
    void triage.predict({ worstRadius: 1, meanTexture: 2, ageBand: 'x' }, { force: 'v9' });
    // @ts-expect-error an operator, not a string
    void triage.control.pause({ by: 'me', reason: 'b' });
  });

  test('options in the worst order, valibot, a truth of another shape, a transform on the input', () => {
    const second = defineModel(
      {
        truth: v.object({ label: v.picklist(['a', 'b']) }),
        output: v.object({ label: v.string() }),
        input: v.object({
          at: v.pipe(
            v.string(),
            v.transform((s) => new Date(s)),
          ),
        }),
        name: 'second',
      },
      {
        shadow: { q: { compare: (served, shadow, row) => ({ agrees: served.label === shadow.label && row.at.getTime() > 0 }) } },
        fallback: [
          rules({
            rows: [
              {
                id: '1',
                then: (i) => ({ label: i.at.toISOString() }),
                when: (i, f) => f.code === 'TIMEOUT' && i.at > new Date(),
              },
            ],
            version: '1',
            name: 'r',
          }),
        ],
        champion: 'p',
        variants: {
          p: { version: '1', predictor: (row) => ({ label: row.at.toISOString() }) },
          q: { version: '1', predictor: async (row) => ({ label: String(row.at) }) },
        },
      },
    );
    void second.predict({ at: '2026-01-01' });
    void second.recordOutcome('x', { truth: { label: 'b' } });
    // @ts-expect-error the caller passes the schema's INPUT
    void second.predict({ at: new Date() });
  });

  test('arktype, in a runtime of an organisation', async () => {
    const org = createUnderstudy({
      application: 'claims',
      policies: [timeout({ ms: 1000 })],
      authorize: (operator, command) => operator.roles.includes('model-owner') && command.kind !== 'pause',
    });
    const fifth = org.defineModel(
      { name: 'ark', input: type({ amount: 'number' }), output: type({ score: 'number' }) },
      {
        variants: { a: { predictor: (row) => ({ score: row.amount }), version: '1' } },
        champion: 'a',
      },
    );
    expectTypeOf<Awaited<ReturnType<typeof fifth.predict>>['output']>().toEqualTypeOf<{ score: number }>();
    const [first] = await fifth.predictMany([{ amount: 1 }], { unit: (row, index) => `${row.amount}-${index}` });
    if (first?.status === 'fulfilled') expectTypeOf(first.value.output).toEqualTypeOf<{ score: number }>();
  });

  test('enum labels and arrays keep their literal types in predictors and in rule callbacks', () => {
    defineModel(
      {
        name: 's',
        input: z.object({ a: z.number(), b: z.number().optional() }),
        output: z.object({ p: z.array(z.number()), label: z.enum(['x', 'y']) }),
      },
      {
        variants: {
          p: { predictor: (i) => ({ p: [i.a], label: 'x' }), version: '1' },
          q: {
            predictor: async (i, call) => {
              if (call.attempt > 1) return { p: [], label: 'y' };
              return { p: [i.a], label: 'x' };
            },
            version: '1',
          },
        },
        champion: 'p',
        fallback: [
          rules({
            name: 'r',
            version: '1',
            rows: [
              { id: '1', when: { b: { exists: true } }, then: { p: [1], label: 'x' } },
              { id: '2', when: (i) => (i.b ?? 0) > 1, then: (i) => ({ p: [i.a], label: 'y' }) },
              // @ts-expect-error not a label
              { id: '3', when: {}, then: { p: [1], label: 'z' } },
            ],
          }),
        ],
      },
    );
  });

  test('a table outside the model, checked against a contract', () => {
    const contract = { name: 'c', input: z.object({ a: z.number() }), output: z.object({ label: z.enum(['x', 'y']) }) };
    const table = {
      name: 'r',
      version: '1',
      rows: [{ id: '1', when: (i) => i.a > 1, then: () => ({ label: 'x' }) }],
    } satisfies RuleTable<z.output<typeof contract.input>, z.input<typeof contract.output>>;
    defineModel(contract, {
      variants: { a: { predictor: () => ({ label: 'y' }), version: '1' } },
      champion: 'a',
      fallback: [rules(table)],
    });
  });
});

describe('what is wrong does not compile', () => {
  test('names of variants', () => {
    defineModel(
      { name: 't', input, output },
      {
        variants: {
          v3: { predictor: (i) => ({ malignant: i.worstRadius }), version: '3' },
          v4: { predictor: () => ({ malignant: 1 }), version: '4' },
        },
        // @ts-expect-error no such variant
        champion: 'v5',
        // @ts-expect-error no such variant
        shadow: { v9: { sampleRate: 1 } },
        // @ts-expect-error no such variant
        split: { v7: 0.1 },
        // @ts-expect-error no such variant
        fallback: ['v8'],
      },
    );
  });

  test('a wrong return is reported on its field, not on the whole definition', () => {
    defineModel(
      { name: 't', input, output },
      {
        variants: {
          v3: {
            // @ts-expect-error malignant is a number
            predictor: () => ({ malignant: 'high' }),
            version: '3',
          },
        },
        champion: 'v3',
      },
    );
  });

  test('targets, comparators and fixed outputs follow the output', () => {
    defineModel(
      // @ts-expect-error no such field
      { name: 't', input, output, target: { kind: 'label', field: 'benign' } },
      { variants: { a: { predictor: () => ({ malignant: 1 }), version: '1' } }, champion: 'a' },
    );
    defineModel(
      { name: 't', input, output },
      {
        variants: { a: { predictor: () => ({ malignant: 1 }), version: '1' } },
        champion: 'a',
        // @ts-expect-error no such field
        shadow: { a: { compare: withinTolerance('benign') } },
        // @ts-expect-error a number
        fallback: [always({ malignant: 'none' })],
      },
    );
  });

  test('options are readonly, and policies are named by kind', () => {
    expectTypeOf<Parameters<typeof timeout>[0]>().toEqualTypeOf<{ readonly ms: number }>();
    // @ts-expect-error milliseconds are named `ms`
    timeout({ milliseconds: 3 });
  });
});
