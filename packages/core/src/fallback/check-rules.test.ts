import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import * as z from 'zod';
import type { ContractView } from '../types/index.ts';
import { checkRules } from './check-rules.ts';

const contract = {
  name: 'triage',
  input: z.object({
    worstRadius: z.number().positive().max(40),
    meanTexture: z.number(),
    band: z.enum(['young', 'old']),
    note: z.string().optional(),
  }),
  output: z.object({ malignant: z.number().min(0).max(1) }),
};
const table = (rows: readonly object[], more: object = {}) => ({ name: 't', version: '1', rows, ...more }) as never;
const findings = (rows: readonly object[], more: object = {}, options = {}) =>
  checkRules(table(rows, more), contract, options).findings;
const high = { id: 'high', when: { worstRadius: { gte: 16.8 } }, then: { malignant: 0.9 } };
const low = { id: 'low', when: { worstRadius: { lt: 16.8 } }, then: { malignant: 0.1 } };

describe('checkRules', () => {
  test('a table that answers everything once has no findings', () => {
    expect(checkRules(table([high, low], { hitPolicy: 'unique' }), contract)).toEqual({
      complete: true,
      findings: [],
      truncated: [],
    });
  });

  test('a gap: its bounds in words, and an input of the contract that shows it', () => {
    expect(findings([high, { ...low, when: { worstRadius: { lt: 15 } } }])).toEqual([
      {
        kind: 'gap',
        severity: 'warning',
        rows: [],
        message: 'no row matches, and there is no otherwise: worstRadius ≥ 15 and < 16.8',
        witness: { worstRadius: 15, meanTexture: 0, band: 'young' },
      },
    ]);
    expect(findings([high], { otherwise: { malignant: 0.5 } })).toEqual([]);
  });

  test('a gap of one number', () => {
    expect(findings([{ ...high, when: { worstRadius: { gt: 16.8 } } }, low])).toMatchObject([
      { kind: 'gap', witness: { worstRadius: 16.8 } },
    ]);
  });

  test('an optional field may be missing, and then ne does not hold', () => {
    const rows = [
      { id: 'empty', when: { note: { eq: '' } }, then: { malignant: 0 } },
      { id: 'noted', when: { note: { ne: '' } }, then: { malignant: 1 } },
    ];
    expect(findings(rows)).toMatchObject([
      { kind: 'gap', message: 'no row matches, and there is no otherwise: note is missing' },
    ]);
    expect(findings(rows)[0]?.witness).not.toHaveProperty('note');
  });

  test('an overlap under unique is an error, under first it is worth knowing, under collect it is meant', () => {
    const wide = { id: 'wide', when: { worstRadius: { gt: 10 }, band: { eq: 'old' } }, then: { malignant: 0.5 } };
    expect(findings([low, high, wide], { hitPolicy: 'unique' })).toMatchObject([
      { kind: 'unreachable', rows: ['wide', 'low', 'high'] },
      {
        kind: 'overlap',
        severity: 'error',
        rows: ['low', 'wide'],
        message: 'rows low and wide both match, so neither answers: worstRadius > 10 and < 16.8, band is "old"',
      },
      { kind: 'overlap', severity: 'error', rows: ['high', 'wide'] },
    ]);
    expect(findings([wide, low, high])).toMatchObject([
      { kind: 'overlap', severity: 'info', rows: ['wide', 'low'], witness: { worstRadius: 11, band: 'old' } },
      {
        kind: 'overlap',
        severity: 'info',
        rows: ['wide', 'high'],
        message: 'rows wide and high both match, with different outputs, and wide answers: worstRadius ≥ 16.8, band is "old"',
      },
    ]);
    expect(findings([wide, low, high], { hitPolicy: 'collect', combine: () => ({ malignant: 0 }) })).toEqual([]);
  });

  test('unreachable rows: taken by rows before, or out of reach of the contract', () => {
    const rows = [
      high,
      low,
      { id: 'late', when: { band: { eq: 'old' }, worstRadius: { lt: 20 } }, then: { malignant: 0.1 } },
      { id: 'beyond', when: { worstRadius: { gt: 40 } }, then: { malignant: 1 } },
      { id: 'last', when: () => true, then: { malignant: 1 } },
    ];
    expect(findings(rows).filter(({ kind }) => kind === 'unreachable')).toEqual([
      {
        kind: 'unreachable',
        severity: 'warning',
        rows: ['late', 'high', 'low'],
        message: 'row late never answers: all that it matches is matched by high, low',
        witness: { worstRadius: 1, meanTexture: 0, band: 'old' },
      },
      {
        kind: 'unreachable',
        severity: 'warning',
        rows: ['beyond'],
        message: 'row beyond never answers: no input of the contract meets its conditions',
      },
      {
        kind: 'unreachable',
        severity: 'warning',
        rows: ['last', 'high', 'low'],
        message: 'row last never answers: all that it matches is matched by high, low',
        witness: { worstRadius: 1, meanTexture: 0, band: 'young' },
      },
    ]);
  });

  test('type errors are errors, and their rows are not called unreachable too', () => {
    const rows = [{ id: 'A', when: { worstRadus: { gt: 1 } }, then: { malignant: 2 } }, high, low];
    expect(findings(rows)).toEqual([
      {
        kind: 'type-error',
        severity: 'error',
        rows: ['A'],
        message: 'rows[0].when.worstRadus: triage has no input field of this name, did you mean worstRadius? (row A)',
      },
      {
        kind: 'type-error',
        severity: 'error',
        rows: ['A'],
        message: expect.stringMatching(/^rows\[0\]\.then\.malignant: the output contract says: /),
      },
    ]);
  });

  test('rows that decide by function leave things undecided', () => {
    expect(findings([high, { id: 'F', when: () => true, then: { malignant: 0 } }])).toMatchObject([
      {
        kind: 'undecided',
        severity: 'info',
        rows: ['F'],
        message: 'no row but a function may match: worstRadius < 16.8',
        witness: { worstRadius: 1 },
      },
      {
        kind: 'undecided',
        rows: ['F'],
        message: 'F: a function decides, so it is not known what these rows overlap with or take from later ones',
      },
    ]);
  });

  test('a table that rules() refuses is refused', () => {
    expect(() => checkRules(table([high, high]), contract)).toThrow(expect.objectContaining({ code: 'RULES_INVALID' }));
  });

  test('lists so many findings of a kind, and says where there are more', () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({
      id: `R${index}`,
      when: { worstRadius: { eq: index * 0.5 + 1 } },
      then: { malignant: 0 },
    }));
    const twice = [...rows, ...rows.map(({ when, then }, index) => ({ id: `S${index}`, when, then }))];
    const report = checkRules(table(twice, { hitPolicy: 'unique' }), contract, { limit: 7 });
    const counts = Object.groupBy(report.findings, ({ kind }) => kind);
    expect([counts.gap?.length, counts.unreachable?.length, counts.overlap?.length]).toEqual([1, 7, 7]);
    expect(report.truncated).toEqual(['unreachable', 'overlap']);
  });

  test('a spent budget is told, with what was not looked at', () => {
    const report = checkRules(
      table([high, low, { id: 'more', when: { band: { eq: 'old' } }, then: { malignant: 0 } }]),
      contract,
      { budget: 20 },
    );
    expect(report.complete).toBe(false);
    expect(report.findings.filter(({ kind }) => kind === 'undecided')).toContainEqual({
      kind: 'undecided',
      severity: 'info',
      rows: expect.arrayContaining(['more']),
      message: 'the budget of 20 looks ran out before this was known: whether these rows can answer',
    });
    expect(checkRules(table([high, low]), contract, { budget: 0 }).findings.map(({ message }) => message)).toEqual([
      'the budget of 0 looks ran out before this was known: all gaps',
      'the budget of 0 looks ran out before this was known: overlaps and unreachable rows',
    ]);
  });

  test('a contract that cannot be read: a field may be anything, or missing', () => {
    const foreign = { name: 'f', input: v.object({ worstRadius: v.number() }), output: contract.output };
    expect(checkRules(table([high, low]), foreign).findings).toMatchObject([
      { kind: 'gap', message: 'no row matches, and there is no otherwise: worstRadius is anything else or is missing' },
    ]);
  });

  test('a contract view says what a schema cannot', () => {
    const view: ContractView = {
      name: 'f',
      input: [{ path: 'worstRadius', type: 'number', optional: false, nullable: false }],
      output: undefined,
      checkOutput: () => [],
    };
    expect(checkRules(table([high, low]), view).findings).toEqual([]);
  });

  test('a field inside an optional object is missing with it, and only with it', () => {
    const nested = {
      name: 'n',
      input: z.object({ applicant: z.object({ income: z.number(), age: z.int().min(18).max(99) }).nullable() }),
      output: z.number(),
    };
    const rows = [
      { id: 'none', when: { 'applicant.age': { exists: false } }, then: 0 },
      { id: 'rich', when: { applicant: { income: { gte: 100 } } }, then: 1 },
      { id: 'poor', when: { applicant: { income: { lt: 100 }, age: { gte: 18 } } }, then: 2 },
      { id: 'never', when: { applicant: { income: { exists: false }, age: { gt: 20 } } }, then: 3 },
    ];
    expect(checkRules(table(rows), nested).findings).toEqual([
      {
        kind: 'unreachable',
        severity: 'warning',
        rows: ['never'],
        message: 'row never never answers: no input of the contract meets its conditions',
      },
    ]);
    expect(checkRules(table(rows.slice(1)), nested).findings[0]).toMatchObject({ kind: 'gap', witness: { applicant: null } });
  });
});

describe('1,000 rows over five fields, within the default budget', () => {
  const view: ContractView = {
    name: 'm',
    input: [
      {
        path: 'amount',
        type: 'number',
        optional: false,
        nullable: false,
        minimum: { value: 0, exclusive: false },
        maximum: { value: 1000, exclusive: false },
      },
      {
        path: 'score',
        type: 'number',
        optional: false,
        nullable: false,
        minimum: { value: 0, exclusive: false },
        maximum: { value: 1, exclusive: false },
      },
      {
        path: 'age',
        type: 'integer',
        optional: true,
        nullable: false,
        minimum: { value: 0, exclusive: false },
        maximum: { value: 120, exclusive: false },
      },
      { path: 'country', type: 'string', optional: false, nullable: false },
      { path: 'tier', type: 'enum', optional: false, nullable: true, values: ['a', 'b', 'c', 'd'] },
    ],
    output: undefined,
    checkOutput: () => [],
  };
  /** Lehmer's generator: uniform in [0, 1), the same in every run. */
  const generator = (seed: number) => () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const random = generator(7);
  const below = (count: number): number => Math.floor(random() * count);
  const range = (top: number): object => {
    const [a, b] = [random() * top, random() * top];
    return { gte: Math.min(a, b), lt: Math.max(a, b) };
  };
  const country = (): string => `C${below(200)}`;
  const conditions = {
    wide: () => ({
      amount: range(1000),
      score: range(1),
      age: { between: [below(60), 60 + below(60)] },
      country: { notIn: [country()] },
      tier: { in: ['a', 'b', 'c'].slice(0, 1 + below(3)) },
    }),
    single: () =>
      [
        { amount: range(1000) },
        { score: range(1) },
        { age: { eq: below(120) } },
        { country: { eq: country() } },
        { tier: { eq: 'abc'[below(3)] } },
      ][below(5)] ?? {},
    lookups: () => ({ country: { eq: country() }, tier: { eq: 'abcd'[below(4)] }, amount: range(1000) }),
  };
  const rowsOf = (make: () => object) =>
    Array.from({ length: 1000 }, (_, index) => ({ id: `R${index}`, when: make(), then: index % 7 }));

  test.each(Object.entries(conditions))('%s conditions', (_, make) => {
    const rows = rowsOf(make);
    for (const hitPolicy of ['first', 'unique']) expect(checkRules(table(rows, { hitPolicy }), view).complete).toBe(true);
  });

  test('a grid of bands without a gap, and with one', () => {
    const tenths = [...Array(10).keys()];
    const band = (index: number, top: number): object => ({
      gte: (index * top) / 10,
      ...(index < 9 ? { lt: ((index + 1) * top) / 10 } : {}),
    });
    const rows = tenths.flatMap((a) =>
      tenths.flatMap((b) =>
        tenths.map((c) => ({
          id: `${a}-${b}-${c}`,
          when: { amount: band(a, 1000), score: band(b, 1), age: band(c, 120) },
          then: 0,
        })),
      ),
    );
    const all = [...rows, { id: 'no age', when: { age: { exists: false } }, then: 0 }];
    expect(checkRules(table(all, { hitPolicy: 'unique' }), view)).toEqual({ complete: true, findings: [], truncated: [] });
    expect(checkRules(table(all.toSpliced(555, 1), { hitPolicy: 'unique' }), view).findings).toMatchObject([
      {
        kind: 'gap',
        message: expect.stringContaining('amount ≥ 500 and < 600, score ≥ 0.5 and < 0.6, age ≥ 60 and ≤ 71'),
        witness: { amount: 500, score: 0.5, age: 60 },
      },
    ]);
  });
});

describe('C8 a field that no condition can test', () => {
  const odd = { ...contract, input: z.object({ big: z.bigint(), 'a.b': z.number(), plain: z.number() }) };
  const messages = (when: object): string[] => {
    try {
      return checkRules(table([{ id: 'r', when, then: { malignant: 0.5 } }]), odd).findings.map(({ message }) => message);
    } catch (error) {
      return [String(error)];
    }
  };

  test.each([
    ['a bigint', { big: { gte: 5 } }, 'of type bigint'],
    ['a bigint by a value', { big: { eq: 5 } }, 'of type bigint'],
    ['a key with a dot', { 'a.b': { gte: 5 } }, 'has a dot in a key'],
  ])('C8 %s is told', (_, when, told) => {
    expect(messages(when).join(' ')).toContain(told);
  });

  test('C8 that a bigint is there can be tested', () => {
    expect(messages({ big: { exists: true } }).join(' ')).not.toContain('bigint');
  });
});
