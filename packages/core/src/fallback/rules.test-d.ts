import { expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import type { InOf, OutOf, Schema, Tier } from '../types/index.ts';
import { always } from './always.ts';
import { rules, type RulesTier } from './rules.ts';
import { rulesFromJson } from './rules-json.ts';
import type { RuleTable } from './rule-table.ts';

/** The shape in which `defineModel` takes tiers: the contract first, then the tiers, which infer from it alone. */
declare function model<I extends Schema, O extends Schema>(
  contract: { readonly name: string; readonly input: I; readonly output: O },
  options: { readonly fallback: readonly (string | Tier<OutOf<I>, InOf<O>>)[] },
): void;

const input = z.object({
  worstRadius: z.number().positive(),
  meanTexture: z.number(),
  ageBand: z.string(),
  note: z.string().nullish(),
});
const output = z.object({ malignant: z.number().min(0).max(1) });
const labels = {
  name: 's',
  input: z.object({ a: z.number(), b: z.number().optional() }),
  output: z.object({ p: z.array(z.number()), label: z.enum(['x', 'y']) }),
};

test('a table infers the contract with no type argument', () => {
  model(
    { name: 'biopsy-triage', input, output },
    {
      fallback: [
        'v5',
        rules({
          name: 'triage-rules',
          version: '1',
          rows: [
            {
              id: 'R1',
              when: { worstRadius: { gte: 16.8 }, note: { exists: true } },
              then: { malignant: 0.95 },
              because: 'large',
            },
            {
              id: 'R2',
              when: (input, failure) => failure.code === 'TIMEOUT' && input.meanTexture > 21,
              then: (input) => ({ malignant: input.worstRadius }),
            },
            { id: 'R3', when: {}, then: (_, failure) => ({ malignant: failure.class === 'throttled' ? 0 : 1 }) },
          ],
          otherwise: { malignant: 0.2 },
        }),
        always({ malignant: 0 }),
      ],
    },
  );
});

test('the properties of a table in any order, and a transform on the input', () => {
  model(
    {
      name: 'second',
      input: z.object({ at: z.string().transform((text) => new Date(text)) }),
      output: z.object({ label: z.string() }),
    },
    {
      fallback: [
        rules({
          rows: [
            { id: '1', then: (i) => ({ label: i.at.toISOString() }), when: (i, f) => f.code === 'TIMEOUT' && i.at > new Date() },
          ],
          version: '1',
          name: 'r',
        }),
      ],
    },
  );
});

test('labels and arrays keep their literal types', () => {
  model(labels, {
    fallback: [
      rules({
        name: 'r',
        version: '1',
        hitPolicy: 'collect',
        combine: (outputs) => outputs[0] ?? { p: [], label: 'x' },
        rows: [
          { id: '1', when: { b: { exists: true } }, then: { p: [1], label: 'x' } },
          { id: '2', when: (i) => (i.b ?? 0) > 1, then: (i) => ({ p: [i.a], label: 'y' }) },
          // @ts-expect-error not a label
          { id: '3', when: {}, then: { p: [1], label: 'z' } },
          // @ts-expect-error not a label
          { id: '4', when: {}, then: () => ({ p: [1], label: 'z' }) },
        ],
      }),
      always({ p: [], label: 'y' }),
    ],
  });
  // @ts-expect-error not a label
  model(labels, { fallback: [always({ p: [], label: 'z' })] });
});

test('a table outside the model', () => {
  const table = {
    name: 'r',
    version: '1',
    rows: [{ id: '1', when: (i) => i.a > 1, then: () => ({ label: 'x', p: [] }) }],
  } satisfies RuleTable<OutOf<typeof labels.input>, InOf<typeof labels.output>>;
  model(labels, { fallback: [rules(table)] });
  expectTypeOf(rulesFromJson({}, labels)).toEqualTypeOf<
    RuleTable<{ a: number; b?: number | undefined }, { p: number[]; label: 'x' | 'y' }>
  >();
  model(labels, { fallback: [rules(rulesFromJson({}, labels))] });
});

test('conditions are typed by their field', () => {
  type Deep = {
    amount: number;
    usd: number & z.$brand<'usd'>;
    kind: 'a' | 'b';
    tags: string[];
    at: Date;
    any?: unknown;
    applicant?: { income: number | null; home: { city: string } };
  };
  type Out = { ok: boolean };
  const rows = (table: RuleTable<Deep, Out>['rows']): unknown => table;
  rows([
    {
      id: '1',
      when: { amount: { gte: 1, lt: 2, ne: 3, in: [1], between: [1, 2] }, usd: { gte: 5 }, kind: { in: ['a', 'b'] } },
      then: { ok: true },
    },
    { id: '2', when: { applicant: { exists: true, income: { gt: 5 }, home: { city: { eq: 'x' } } } }, then: { ok: true } },
    {
      id: '3',
      when: {
        'applicant.income': { gt: 5 },
        'applicant.home.city': { notIn: ['x'] },
        tags: { exists: true },
        at: { exists: false },
        any: { eq: 5, gt: 1 },
      },
      then: { ok: true },
    },
    // @ts-expect-error unknown operator
    { id: '4', when: { amount: { gtee: 1 } }, then: { ok: true } },
    // @ts-expect-error unknown field
    { id: '5', when: { amonut: { gte: 1 } }, then: { ok: true } },
    // @ts-expect-error not in the enum
    { id: '6', when: { kind: { eq: 'c' } }, then: { ok: true } },
    // @ts-expect-error strings are not ordered
    { id: '7', when: { kind: { gt: 'a' } }, then: { ok: true } },
    // @ts-expect-error no such path
    { id: '8', when: { 'applicant.incom': { gt: 5 } }, then: { ok: true } },
    // @ts-expect-error a string where a number is compared
    { id: '9', when: { 'applicant.income': { gt: '5' } }, then: { ok: true } },
    // @ts-expect-error no such nested field
    { id: '10', when: { applicant: { incom: { gt: 5 } } }, then: { ok: true } },
    // @ts-expect-error an array is compared by a function only
    { id: '11', when: { tags: { eq: 'a' } }, then: { ok: true } },
  ]);
});

test('an input that is no object has rules by function only', () => {
  model(
    { name: 'text', input: z.string(), output: z.object({ n: z.number() }) },
    {
      fallback: [
        rules({
          name: 'r',
          version: '1',
          rows: [
            { id: '1', when: (text) => text.length > 3, then: (text) => ({ n: text.length }) },
            { id: '2', when: {}, then: { n: 0 } },
            // @ts-expect-error a string has no fields
            { id: '3', when: { length: { gt: 3 } }, then: { n: 0 } },
          ],
        }),
      ],
    },
  );
});

test('standing alone', () => {
  const tier = rules<{ amount: number }, { label: 'x' | 'y' }>({
    name: 'r',
    version: '1',
    rows: [{ id: '1', when: { amount: { gt: 1 } }, then: () => ({ label: 'x' }) }],
  });
  expectTypeOf(tier).toEqualTypeOf<RulesTier<{ amount: number }, { label: 'x' | 'y' }>>();
  rules({
    name: 'r',
    version: '1',
    rows: [{ id: '1', when: { amount: { gt: 1 } }, then: { label: 'x' } }],
    otherwise: { label: 'y' },
  });
});
